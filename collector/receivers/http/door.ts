/**
 * One request from head to answer, for any protocol that posts bodies: judge
 * the head, admit, read the body, let the protocol keep it, answer. Usable
 * behind any node:http server; it never throws and always answers whoever still
 * listens.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { errorText, type CodedError } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { refusal as accessRefusal, type AccessRules } from '#base/real/http-access.ts';
import { firstHold, readBody, type BodyOutcome } from '#collector/receivers/http/body.ts';
import {
  connectionOf,
  PIPELINED_REQUESTS_MAX,
  type Connection,
} from '#collector/receivers/http/connection.ts';
import { createAdmission, type Admission, type Ticket } from '#collector/receivers/http/core/admission.ts';
import { BUG, refusalOf, type Answer } from '#collector/receivers/http/core/answers.ts';
import { overloaded } from '#collector/receivers/http/core/body-sink.ts';
import {
  pathOf,
  type BodyPlan,
  type Head,
  type Judged,
  type Refusal,
} from '#collector/receivers/http/core/head.ts';
import { discardRest } from '#collector/receivers/http/discard.ts';
import { doorMetrics, type DoorMetrics } from '#collector/receivers/http/door-metrics.ts';

/** Limits on everything a sender can make the door hold or wait for. */
export interface DoorConfig {
  /** As sent, and again after decompression. */
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly inFlightRequestsMax: number;
  readonly connectionsMax: number;
  readonly requestsPerConnectionMax: number;
  readonly headerTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** What a door asks its protocol. */
export interface Protocol<P extends BodyPlan> {
  /** Value of the label `receiver` of its metrics. */
  readonly receiver: string;
  judge(head: Head): Judged<P>;
  /**
   * Makes a body durable and answers it.
   *
   * @throws CodedError what {@link refusalOf} knows becomes a refusal
   */
  keep(plan: P, bytes: Uint8Array): Promise<Answer>;
  /** @param head undefined when the request could not be parsed as HTTP */
  refuse(refusal: Refusal, head: Head | undefined): Answer;
}

export interface DoorOptions {
  readonly config: DoorConfig;
  readonly access: AccessRules;
  /** Asked before anything of a request is buffered: a reason to refuse it now, or undefined. */
  readonly refusalNow?: () => CodedError | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
}

export interface Door {
  readonly handle: RequestListener;
  /** From now on everything is answered 503, and connections are closed after it. */
  drain(): void;
  /** Requests not answered yet. */
  readonly inFlight: number;
}

const STOPPING: Refusal = {
  status: 503,
  code: 'PLIM_JOURNAL_CLOSED',
  message: 'this process is stopping; try again after the time in Retry-After',
};

/** Where an exchange stands: which sender, since when. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly startedMs: number;
  readonly head: Head;
}

export function createDoor<P extends BodyPlan>(protocol: Protocol<P>, options: DoorOptions): Door {
  const door = new ProtocolDoor(protocol, options);
  return {
    handle: (request, response) => door.handle(request, response),
    drain: () => void (door.draining = true),
    get inFlight() {
      return door.admission.requests;
    },
  };
}

class ProtocolDoor<P extends BodyPlan> {
  draining = false;
  readonly admission: Admission;
  readonly #protocol: Protocol<P>;
  readonly #options: DoorOptions;
  readonly #metrics: DoorMetrics;

  constructor(protocol: Protocol<P>, options: DoorOptions) {
    const { config, meter } = options;
    this.#protocol = protocol;
    this.#options = options;
    this.admission = createAdmission({
      bytesMax: config.inFlightBytesMax,
      requestsMax: config.inFlightRequestsMax,
    });
    this.#metrics = doorMetrics(meter, protocol.receiver, () => this.admission.bytes);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#options.clock.monotonicMs();
    const connection = connectionOf(request.socket);
    const head = headOf(request);
    const exchange: Exchange = { request, response, connection, startedMs, head };
    // Whoever went away is noticed by the body reader; writing to them is no error of ours.
    response.on('error', () => {});
    const foreign = this.#accessProblem(request);
    if (foreign !== undefined) {
      this.#refuse(exchange, foreign);
      return;
    }
    const judged = this.#protocol.judge(head);
    if (judged.kind === 'refused') {
      this.#refuse(exchange, judged.refusal);
    } else {
      const ticket = this.#enter(exchange, judged.plan);
      if (ticket !== undefined) void this.#take(exchange, judged.plan, ticket);
    }
  }

  #accessProblem(request: IncomingMessage): Refusal | undefined {
    const path = pathOf(request.url ?? '');
    const asked = { method: request.method ?? '', path, headers: request.headers };
    const problem = accessRefusal(asked, this.#options.access);
    return problem === undefined ? undefined : refusalOf(problem);
  }

  /** Room for one more, or the refusal is sent. */
  #enter(exchange: Exchange, plan: P): Ticket | undefined {
    if (this.draining) {
      this.#refuse(exchange, STOPPING);
      return undefined;
    }
    const problem = refusalOf(this.#options.refusalNow?.());
    if (problem !== undefined) {
      this.#refuse(exchange, problem);
      return undefined;
    }
    // One connection may not take all the places: pipelining needs no more than a few.
    const fair = exchange.connection.open < PIPELINED_REQUESTS_MAX;
    const ticket = fair ? this.admission.enter(firstHold(plan)) : undefined;
    if (ticket === undefined) this.#refuse(exchange, overloaded('requests or body bytes'));
    else if (expectsContinue(exchange.request)) exchange.response.writeContinue();
    return ticket;
  }

  async #take(exchange: Exchange, plan: P, ticket: Ticket): Promise<void> {
    exchange.connection.open += 1;
    try {
      const outcome = await this.#read(exchange, plan, ticket);
      if (outcome.kind === 'refused') this.#refuse(exchange, outcome.refusal);
      if (outcome.kind === 'body') this.#send(exchange, await this.#protocol.keep(plan, outcome.bytes));
    } catch (error) {
      this.#fail(exchange, error);
    } finally {
      exchange.connection.open -= 1;
      ticket.close();
    }
  }

  async #read(exchange: Exchange, plan: P, ticket: Ticket): Promise<BodyOutcome> {
    const { config, clock } = this.#options;
    const { bodyBytesMax: bytesMax, readTimeoutMs: timeoutMs } = config;
    const reading = readBody(exchange.request, { plan, ticket, bytesMax, timeoutMs, clock });
    exchange.connection.reading = reading;
    const outcome = await reading.outcome;
    if (exchange.connection.reading === reading) exchange.connection.reading = undefined;
    return outcome;
  }

  #fail(exchange: Exchange, error: unknown): void {
    const refusal = refusalOf(error);
    if (refusal === undefined) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#options.log.error({ error: errorText(error), stack }, 'a request met a bug');
    }
    this.#refuse(exchange, refusal ?? BUG);
  }

  #refuse(exchange: Exchange, refusal: Refusal): void {
    this.#metrics.refused(refusal.code);
    const broken = refusal.status === 408 || exchange.request.errored !== null;
    if (!exchange.request.complete && !broken) discardRest(exchange.request, this.#options.clock);
    this.#send(exchange, this.#protocol.refuse(refusal, exchange.head), broken);
  }

  #send(exchange: Exchange, { status, headers, body }: Answer, last = false): void {
    const { response, startedMs } = exchange;
    this.#metrics.answered(status, this.#options.clock.monotonicMs() - startedMs);
    if (response.destroyed || response.headersSent) return;
    const close = this.draining || last;
    response.writeHead(status, close ? { ...headers, connection: 'close' } : headers);
    response.end(body);
  }
}

function headOf({ method, url, headers }: IncomingMessage): Head {
  return {
    method: method ?? '',
    target: url ?? '',
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    contentLength: headers['content-length'],
  };
}

function expectsContinue(request: IncomingMessage): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}
