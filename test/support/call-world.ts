/**
 * Services that call each other, on simulated time, and the spans they would
 * send: a client span for each call, a server span for each request that
 * arrived. What goes wrong is set from outside and leaves no word in them.
 */
import type { Suspect } from '#alerting/ports.ts';
import { Blame } from '#alerting/blame/core/blame.ts';
import type { Random } from '#base/random.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';

export interface Topology {
  /** Whom each service calls for a request, one after the other. */
  readonly [service: string]: readonly string[];
}

export type Fault =
  /** Its process is gone: connections to it are refused, it sends nothing. */
  | { readonly kind: 'killed'; readonly service: string }
  /** Its process stands still: callers wait until their deadline, it sends nothing. */
  | { readonly kind: 'paused'; readonly service: string }
  /** On the way to it. */
  | { readonly kind: 'latency'; readonly service: string; readonly ms: number }
  | { readonly kind: 'reset'; readonly service: string }
  | { readonly kind: 'http-503'; readonly service: string; readonly ratio: number }
  /** Of its own. */
  | { readonly kind: 'own-errors'; readonly service: string; readonly ratio: number }
  | { readonly kind: 'own-slowness'; readonly service: string; readonly ms: number };

const WORK_MS = 4;
const WIRE_MS = 1;
export const DEADLINE_MS = 2500;
/** A callee is given less time than its caller has. */
const RESERVE_MS = 50;
const ERROR = 2;

export interface SentSpans {
  readonly service: string;
  readonly endMs: number;
  readonly columns: SpanColumns;
}

interface Asked {
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly startMs: number;
  readonly deadlineMs: number;
}

interface Outcome {
  readonly endMs: number;
  readonly failed: boolean;
}

export interface CallWorldOptions {
  /** Whether client spans carry the name of whom they call. */
  readonly named?: boolean;
  /** Client spans name anybody, and no pair meets: the control in which edges tell nothing. */
  readonly shuffled?: boolean;
}

export class CallWorld {
  readonly #topology: Topology;
  readonly #random: Random;
  readonly #options: CallWorldOptions;
  readonly #sent = new Map<string, { endMs: number; span: TestSpan }[]>();
  fault: Fault | undefined;
  /** Ends of failed requests to the service that customers call, and of slow ones. */
  readonly bad: number[] = [];

  constructor(topology: Topology, random: Random, options: CallWorldOptions = {}) {
    this.#topology = topology;
    this.#random = random;
    this.#options = options;
  }

  /** One request of a customer. */
  request(service: string, startMs: number, slowMs = Infinity): void {
    const traceId = this.#hex(16);
    const deadlineMs = startMs + DEADLINE_MS;
    const { endMs, failed } = this.#serve(service, { traceId, parentSpanId: undefined, startMs, deadlineMs });
    if (failed || endMs - startMs > slowMs) this.bad.push(endMs);
  }

  /** What had ended by then and was not taken yet, a batch a service, in random order. */
  take(untilMs: number): readonly SentSpans[] {
    const taken: SentSpans[] = [];
    for (const [service, spans] of this.#sent) {
      const due = spans.filter(({ endMs }) => endMs <= untilMs).toSorted((a, b) => a.endMs - b.endMs);
      this.#sent.set(
        service,
        spans.filter(({ endMs }) => endMs > untilMs),
      );
      if (due.length === 0) continue;
      const body = buildTraces({ service, spans: due.map(({ span }) => span) });
      taken.push({ service, endMs: due.at(-1)?.endMs ?? 0, columns: scanSpans(body) });
    }
    return this.#random.below(2) === 0 ? taken : taken.toReversed();
  }

  #serve(service: string, asked: Asked): Outcome {
    const spanId = this.#hex(8);
    const slowness = this.#faultAt(service, 'own-slowness');
    let nowMs = asked.startMs + this.#about(WORK_MS) + (slowness?.ms ?? 0);
    const errors = this.#faultAt(service, 'own-errors');
    let failed = errors !== undefined && this.#random.float() < errors.ratio;
    for (const callee of this.#topology[service] ?? []) {
      if (failed) break;
      const called = this.#call(service, callee, {
        traceId: asked.traceId,
        parentSpanId: spanId,
        startMs: nowMs,
        deadlineMs: asked.deadlineMs - RESERVE_MS,
      });
      nowMs = called.endMs;
      failed = called.failed;
    }
    this.#send(service, asked, { endMs: nowMs, failed }, { spanId, kind: 2 });
    return { endMs: nowMs, failed };
  }

  #call(caller: string, callee: string, asked: Asked): Outcome {
    const spanId = this.#hex(8);
    const parentSpanId = this.#options.shuffled === true ? this.#hex(8) : spanId;
    const reached = this.#reach(callee, { ...asked, parentSpanId });
    const late = reached.endMs > asked.deadlineMs;
    const endMs = late ? Math.max(asked.startMs, asked.deadlineMs) : reached.endMs;
    const error = late ? 'TimeoutError' : reached.error;
    const name = this.#options.shuffled === true ? this.#anyService() : callee;
    const attributes = {
      ...(this.#options.named === false ? {} : { 'service.peer.name': name }),
      'server.address': '127.0.0.1',
      'server.port': 40_000 + Object.keys(this.#topology).indexOf(callee),
      ...(error === undefined ? {} : { 'error.type': error }),
      ...(error === '503' ? { 'http.response.status_code': 503 } : {}),
    };
    const failed = error !== undefined;
    this.#send(caller, asked, { endMs, failed }, { spanId, kind: 3, attributes });
    return { endMs, failed };
  }

  #reach(callee: string, asked: Asked): { readonly endMs: number; readonly error: string | undefined } {
    const startMs = asked.startMs + WIRE_MS;
    const ended = (error: string | undefined, endMs = startMs + WIRE_MS) => ({ endMs, error });
    if (this.#faultAt(callee, 'killed')) return ended('ECONNREFUSED');
    if (this.#faultAt(callee, 'paused')) return ended(undefined, Infinity);
    if (this.#faultAt(callee, 'reset')) return ended('ECONNRESET');
    const refused = this.#faultAt(callee, 'http-503');
    if (refused !== undefined && this.#random.float() < refused.ratio) return ended('503');
    const latency = this.#faultAt(callee, 'latency')?.ms ?? 0;
    // What is left of a caller's time is sent as a duration: the way there is not taken from it.
    const arrivedMs = startMs + latency / 2;
    const deadlineMs = asked.deadlineMs + latency / 2;
    const { endMs, failed } = this.#serve(callee, { ...asked, startMs: arrivedMs, deadlineMs });
    return ended(failed ? '503' : undefined, endMs + latency / 2 + WIRE_MS);
  }

  #send(
    service: string,
    asked: Asked,
    { endMs, failed }: Outcome,
    span: Pick<TestSpan, 'spanId' | 'kind' | 'attributes'>,
  ): void {
    const spans = this.#sent.get(service) ?? [];
    this.#sent.set(service, spans);
    spans.push({
      endMs,
      span: {
        ...span,
        traceId: asked.traceId,
        ...(asked.parentSpanId === undefined ? {} : { parentSpanId: asked.parentSpanId }),
        startNanos: nanos(asked.startMs),
        endNanos: nanos(endMs),
        statusCode: failed ? ERROR : 0,
      },
    });
  }

  #faultAt<Kind extends Fault['kind']>(
    service: string,
    kind: Kind,
  ): Extract<Fault, { kind: Kind }> | undefined {
    const fault = this.fault;
    if (fault === undefined || fault.kind !== kind || fault.service !== service) return undefined;
    return fault as Extract<Fault, { kind: Kind }>;
  }

  #anyService(): string {
    const names = Object.keys(this.#topology);
    return names[this.#random.below(names.length)] ?? '';
  }

  #about(ms: number): number {
    return ms * (0.5 + this.#random.float());
  }

  #hex(bytes: number): string {
    let text = '';
    for (let index = 0; index < bytes; index += 1) {
      text += (1 + this.#random.below(255)).toString(16).padStart(2, '0');
    }
    return text;
  }
}

function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Traffic, a fault, and what the page would say when it fires. */
export interface Scenario {
  readonly world: CallWorld;
  /** Whom customers call, and whose SLO burns. */
  readonly entry: string;
  readonly fault: Fault;
  readonly perSecond: number;
  /** Longer requests are bad too. */
  readonly slowMs?: number;
  /** Bad requests before it fires. */
  readonly badMin?: number;
}

const START_MS = 1_800_000_000_000;
const HEALTHY_SECONDS = 32;
const FAULTY_SECONDS_MAX = 12;

/** Runs it and asks a blame at the tick the page would fire; undefined when it never does. */
export function suspectsIn(scenario: Scenario, random: Random): readonly Suspect[] | undefined {
  const { world, entry, fault, perSecond, slowMs = Infinity, badMin = 10 } = scenario;
  const blame = new Blame();
  for (let second = 0; second < HEALTHY_SECONDS + FAULTY_SECONDS_MAX; second += 1) {
    const fromMs = START_MS + second * 1000;
    if (second === HEALTHY_SECONDS) world.fault = fault;
    for (let number = 0; number < perSecond; number += 1) {
      world.request(entry, fromMs + random.float() * 1000, slowMs);
    }
    const nowMs = fromMs + 1000;
    for (const { columns } of world.take(nowMs)) blame.observe(columns, { wallMs: nowMs, engineMs: nowMs });
    const bad = world.bad.filter((endMs) => endMs <= nowMs);
    if (second < HEALTHY_SECONDS || bad.length < badMin) continue;
    return blame.suspects({
      service: entry,
      sinceMs: Math.min(...bad),
      nowMs,
      symptom: slowMs === Infinity ? { kind: 'failures' } : { kind: 'slow-or-failed', bad: bad.length },
      time: (ms) => `second ${Math.floor((ms - START_MS) / 1000)}`,
    });
  }
  return undefined;
}
