/** Follows responses on their way to the client and puts our answers in their places. */
import type { Timer } from '#base/clock.ts';
import { bodyReader, type BodyReader } from '#chaos/proxy/core/http/body.ts';
import type { ExchangeQueue } from '#chaos/proxy/core/http/exchanges.ts';
import {
  HEAD_BYTES_MAX,
  headEnd,
  parseResponseHead,
  responseFraming,
  type ResponseHead,
} from '#chaos/proxy/core/http/head.ts';
import { joinBytes } from '#chaos/proxy/core/http/join.ts';
import type { TapOptions } from '#chaos/proxy/core/http/tap.ts';
import type { Chunk, Ending } from '#chaos/proxy/core/toxics/toxic.ts';

/** A client that has had its last answer closes within this time, or is reset. */
const LINGER_MS = 5_000;
const NOTHING = new Uint8Array(0);

export class ResponseSide {
  readonly #options: TapOptions;
  readonly #exchanges: ExchangeQueue;
  #body: BodyReader | undefined;
  #isOpaque = false;
  #isOver = false;
  #input: Uint8Array = NOTHING;
  #linger: Timer | undefined;

  constructor(options: TapOptions, exchanges: ExchangeQueue) {
    this.#options = options;
    this.#exchanges = exchanges;
  }

  push(chunk: Chunk): void {
    if (this.#isOver) return;
    if (this.#isOpaque) {
      this.#options.toClient.push(chunk);
      return;
    }
    this.#input = this.#input.length === 0 ? chunk.data : joinBytes(this.#input, chunk.data);
    this.#follow(chunk.atMs);
  }

  end(ending: Ending): void {
    if (this.#isOver) return;
    this.passUntouched();
    this.#options.toClient.end(ending);
  }

  /** Sends our answers whose turn it is. */
  answer(): void {
    for (;;) {
      const first = this.#exchanges.first;
      if (first === undefined || first.outcome === 'forward' || !first.isReady) return;
      if (this.#isOver || this.#isOpaque) return;
      if (first.outcome === 'abort') return this.#abort();
      const atMs = this.#options.clock.monotonicMs();
      if (first.answer !== undefined) this.#options.toClient.push({ data: first.answer, atMs });
      if (first.closes) return this.#finish();
      this.#exchanges.finishFirst();
    }
  }

  passUntouched(): void {
    if (this.#isOpaque) return;
    this.#isOpaque = true;
    const data = this.#input;
    this.#input = NOTHING;
    if (data.length > 0) this.#options.toClient.push({ data, atMs: this.#options.clock.monotonicMs() });
  }

  close(): void {
    this.#linger?.cancel();
    this.#isOver = true;
  }

  /** Passes the input on as far as it is understood, moving from response to response. */
  #follow(atMs: number): void {
    const data = this.#input;
    let sent = 0;
    let at = 0;
    while (at < data.length && !this.#isOpaque) {
      const next = this.#body === undefined ? this.#readHead(data, at) : this.#body.consume(data, at);
      if (next === 'unfinished') break;
      if (next === 'foreign' || this.#body?.state === 'broken') return this.#giveUp(data.subarray(sent));
      at = next;
      if (this.#body?.state !== 'done') continue;
      this.#body = undefined;
      // The response goes out before whatever its end sets off.
      this.#pass(data.subarray(sent, at), atMs);
      sent = at;
      this.#input = data.subarray(at);
      this.#exchanges.finishFirst();
    }
    if (this.#isOpaque) return;
    this.#pass(data.subarray(sent, at), atMs);
    this.#input = at === data.length ? NOTHING : data.subarray(at);
  }

  /**
   * Index after a whole head, which sets the body. `foreign` when nobody asked,
   * when the protocol changes here, or when it never was HTTP.
   */
  #readHead(data: Uint8Array, from: number): number | 'unfinished' | 'foreign' {
    const exchange = this.#exchanges.first;
    if (exchange === undefined) return 'foreign';
    const end = headEnd(data, from);
    if (end === -1) return data.length - from <= HEAD_BYTES_MAX ? 'unfinished' : 'foreign';
    const reader = this.#readerFor(parseResponseHead(data.subarray(from, end)), exchange.method);
    if (reader === undefined) return 'foreign';
    this.#body = reader === 'interim' ? undefined : reader;
    return end;
  }

  #readerFor(head: ResponseHead | undefined, method: string): BodyReader | 'interim' | undefined {
    if (head === undefined || head.status === 101) return undefined;
    if (head.status < 200) return 'interim';
    return bodyReader(responseFraming(head, method));
  }

  #giveUp(rest: Uint8Array): void {
    this.#input = rest;
    this.#exchanges.onOpaque();
  }

  #pass(data: Uint8Array, atMs: number): void {
    if (data.length > 0) this.#options.toClient.push({ data, atMs });
  }

  /** Our last answer is out: FIN both ways, and the client is given time to read and close. */
  #finish(): void {
    this.#isOver = true;
    this.#options.toClient.end('fin');
    this.#options.toServer.end('fin');
    this.#linger = this.#options.clock.startTimer(LINGER_MS, () => this.#abort());
  }

  #abort(): void {
    this.#isOver = true;
    this.#options.toClient.end('reset');
    this.#options.toServer.end('reset');
  }
}
