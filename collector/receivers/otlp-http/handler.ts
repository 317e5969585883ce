/**
 * One OTLP request from head to answer: judge the head, admit, read the body,
 * decode, make durable, answer 200. Usable behind any node:http server; it
 * never throws and always answers whoever still listens.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { errorText, type CodedError } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { refusal as accessRefusal, type AccessRules } from '#base/real/http-access.ts';
import type { OtlpHttpConfig } from '#collector/config.ts';
import { firstHold, readBody, type BodyOutcome } from '#collector/receivers/otlp-http/body.ts';
import {
  connectionOf,
  PIPELINED_REQUESTS_MAX,
  type Connection,
} from '#collector/receivers/otlp-http/connection.ts';
import {
  createAdmission,
  type Admission,
  type Ticket,
} from '#collector/receivers/otlp-http/core/admission.ts';
import {
  acceptedAnswer,
  BUG,
  refusalAnswer,
  refusalOf,
  type Answer,
} from '#collector/receivers/otlp-http/core/answers.ts';
import { overloaded } from '#collector/receivers/otlp-http/core/body-sink.ts';
import {
  judgeHead,
  pathOf,
  type HeadRules,
  type Plan,
  type Refusal,
} from '#collector/receivers/otlp-http/core/head.ts';
import { discardRest } from '#collector/receivers/otlp-http/discard.ts';
import { receiverMetrics, type ReceiverMetrics } from '#collector/receivers/otlp-http/receiver-metrics.ts';
import type { JournalWriter } from '#journal/ports.ts';
import { admitLogs, admitMetrics, admitTraces, type Admitted } from '#signals/otlp/admit.ts';
import { translateLogsJson, translateMetricsJson, translateTracesJson } from '#signals/otlp/json.ts';
import type { OtlpEncoding, OtlpSignal } from '#signals/otlp/response.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import type { RecordKind } from '#signals/records.ts';

export interface OtlpHandlerOptions {
  readonly config: OtlpHttpConfig;
  /** Signals by path, instead of the paths of `config`. */
  readonly paths?: ReadonlyMap<string, OtlpSignal>;
  readonly access: AccessRules;
  readonly journal: Pick<JournalWriter, 'append'>;
  /** Asked before anything of a request is buffered: a reason to refuse it now, or undefined. */
  readonly refusalNow?: () => CodedError | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
  /** Of everything that comes in here; default {@link DEFAULT_TENANT}. */
  readonly tenant?: string;
}

export interface OtlpHandler {
  readonly handle: RequestListener;
  /** From now on everything is answered 503, and connections are closed after it. */
  drain(): void;
  /** Requests not answered yet. */
  readonly inFlight: number;
}

interface SignalRules {
  readonly kind: RecordKind;
  readonly fromJson: (text: Uint8Array) => Uint8Array;
  readonly admit: (body: Uint8Array) => Admitted;
}

const SIGNALS: Readonly<Record<OtlpSignal, SignalRules>> = {
  traces: { kind: 'otlp-traces', fromJson: translateTracesJson, admit: admitTraces },
  metrics: { kind: 'otlp-metrics', fromJson: translateMetricsJson, admit: admitMetrics },
  logs: { kind: 'otlp-logs', fromJson: translateLogsJson, admit: admitLogs },
};

const STOPPING: Refusal = {
  status: 503,
  code: 'PLIM_JOURNAL_CLOSED',
  message: 'this process is stopping; try again after the time in Retry-After',
};

/** Where an exchange stands: which sender, in which encoding, since when. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly startedMs: number;
  readonly encoding: OtlpEncoding;
}

export function createOtlpHandler(options: OtlpHandlerOptions): OtlpHandler {
  const door = new Door(options);
  return {
    handle: (request, response) => door.handle(request, response),
    drain: () => void (door.draining = true),
    get inFlight() {
      return door.admission.requests;
    },
  };
}

class Door {
  draining = false;
  readonly admission: Admission;
  readonly #options: OtlpHandlerOptions;
  readonly #rules: HeadRules;
  readonly #metrics: ReceiverMetrics;

  constructor(options: OtlpHandlerOptions) {
    const { config } = options;
    this.#options = options;
    this.#rules = { paths: options.paths ?? pathsOf(config), bodyBytesMax: config.bodyBytesMax };
    this.admission = createAdmission({
      bytesMax: config.inFlightBytesMax,
      requestsMax: config.inFlightRequestsMax,
    });
    this.#metrics = receiverMetrics(options.meter, () => this.admission.bytes);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#options.clock.monotonicMs();
    const connection = connectionOf(request.socket);
    const judged = judgeHead(headOf(request), this.#rules);
    const encoding = judged.kind === 'plan' ? judged.plan.encoding : judged.encoding;
    const exchange: Exchange = { request, response, connection, startedMs, encoding };
    // Whoever went away is noticed by the body reader; writing to them is no error of ours.
    response.on('error', () => {});
    const foreign = this.#accessProblem(request);
    if (foreign !== undefined) {
      this.#refuse(exchange, foreign);
    } else if (judged.kind === 'refused') {
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
  #enter(exchange: Exchange, plan: Plan): Ticket | undefined {
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

  async #take(exchange: Exchange, plan: Plan, ticket: Ticket): Promise<void> {
    exchange.connection.open += 1;
    try {
      const outcome = await this.#read(exchange, plan, ticket);
      if (outcome.kind === 'refused') this.#refuse(exchange, outcome.refusal);
      if (outcome.kind === 'body') await this.#keep(exchange, plan, outcome.bytes);
    } catch (error) {
      this.#fail(exchange, error);
    } finally {
      exchange.connection.open -= 1;
      ticket.close();
    }
  }

  async #read(exchange: Exchange, plan: Plan, ticket: Ticket): Promise<BodyOutcome> {
    const { config, clock } = this.#options;
    const { bodyBytesMax: bytesMax, readTimeoutMs: timeoutMs } = config;
    const reading = readBody(exchange.request, { plan, ticket, bytesMax, timeoutMs, clock });
    exchange.connection.reading = reading;
    const outcome = await reading.outcome;
    if (exchange.connection.reading === reading) exchange.connection.reading = undefined;
    return outcome;
  }

  /** 200 goes out only after the journal says the record is durable. */
  async #keep(exchange: Exchange, plan: Plan, bytes: Uint8Array): Promise<void> {
    const { kind, fromJson, admit } = SIGNALS[plan.signal];
    const { body, items, rejected, message } = admit(plan.encoding === 'json' ? fromJson(bytes) : bytes);
    const tenant = this.#options.tenant ?? DEFAULT_TENANT;
    if (items > 0) await this.#options.journal.append({ kind, tenant, items, body });
    this.#metrics.items(plan.signal, items, rejected);
    const { signal, encoding } = plan;
    this.#send(exchange, acceptedAnswer({ signal, encoding, rejected, message }));
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
    const { clock, random } = this.#options;
    this.#metrics.refused(refusal.code);
    const broken = refusal.status === 408 || exchange.request.errored !== null;
    if (!exchange.request.complete && !broken) discardRest(exchange.request, clock);
    this.#send(exchange, refusalAnswer(refusal, exchange.encoding, random), broken);
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

function pathsOf(config: OtlpHttpConfig): ReadonlyMap<string, OtlpSignal> {
  return new Map([
    [config.tracesPath, 'traces'],
    [config.metricsPath, 'metrics'],
    [config.logsPath, 'logs'],
  ]);
}

function headOf({ method, url, headers }: IncomingMessage): Parameters<typeof judgeHead>[0] {
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
