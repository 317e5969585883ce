/**
 * Where HTTP faults act: between the two directions of one connection, at the
 * server's end, so that toxics delay and cut what a fault answers as well.
 *
 * ```
 * client ─▶ chain ─▶ RequestSide ─▶ server
 * client ◀─ chain ◀─ ResponseSide ◀─ server
 * ```
 *
 * Both sides follow the messages all the time, so that a fault set later meets
 * a live connection at its next request. Without faults bytes pass in the
 * slices they came in. Whatever is not HTTP/1.x passes untouched from there on.
 */
import { ExchangeQueue } from '#chaos/proxy/core/http/exchanges.ts';
import type { HttpFault } from '#chaos/proxy/core/http/fault.ts';
import { RequestSide } from '#chaos/proxy/core/http/request-side.ts';
import { ResponseSide } from '#chaos/proxy/core/http/response-side.ts';
import type { Sink } from '#chaos/proxy/core/stage.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';

/** What a fault did to a request, for the counters. */
export type FaultEffect = 'delayed' | 'answered' | 'aborted';

export interface TapOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The faults set on the proxy at this moment. */
  readonly faults: () => readonly HttpFault[];
  readonly toServer: Sink;
  readonly toClient: Sink;
  /** Called when the request side takes chunks again. */
  readonly onRoom: () => void;
  readonly onEffect: (effect: FaultEffect) => void;
}

export class HttpTap {
  /** Takes what clients send. */
  readonly requests: RequestSide;
  /** Takes what the server sends. */
  readonly responses: ResponseSide;

  constructor(options: TapOptions) {
    const exchanges = new ExchangeQueue();
    this.requests = new RequestSide(options, exchanges);
    this.responses = new ResponseSide(options, exchanges);
    exchanges.onMove = () => {
      this.responses.answer();
      this.requests.resume();
    };
    exchanges.onOpaque = () => {
      this.requests.passUntouched();
      this.responses.passUntouched();
    };
  }

  /** Faults were set, changed or removed: nothing waits for one that is gone. */
  faultsChanged(): void {
    this.requests.faultsChanged();
  }

  /** The connection is over. */
  close(): void {
    this.requests.close();
    this.responses.close();
  }
}
