/**
 * A service under an SLO on simulated time: makes OTLP records of its spans,
 * hands them to an engine, ticks it every second, notes the transitions.
 */
import type { FiringAlert, SloEngine, Transition } from '#alerting/slo/ports.ts';
import { createSloEngine } from '#alerting/slo/core/engine.ts';
import { EVALUATION_AS_WRITTEN, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { NO_ITEMS, type RecordKind } from '#signals/records.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { defaultPolicies } from '#signals/openslo/policies.ts';
import { buildLogs, buildMetrics } from '#test/support/otlp.ts';

export const START_MS = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const SPAN_BYTES = 54;

export function sloOf(change: Partial<SloDocument> = {}): SloDocument {
  const periodMs = change.periodMs ?? 30 * DAY_MS;
  const service = change.service ?? 'quotes';
  return {
    id: `${service}/availability`,
    name: 'availability',
    displayName: 'Quotes are answered',
    description: '',
    service,
    objective: 0.999,
    periodMs,
    selector: { service, operation: undefined, kinds: ['server', 'consumer'], attributes: {} },
    indicator: { kind: 'availability' },
    policies: defaultPolicies(periodMs),
    badEventsMin: 5,
    annotations: {},
    definedAt: 'slo.yaml:1',
    ...change,
  };
}

export interface Event {
  readonly endMs: number;
  readonly bad: boolean;
}

let sequence = 0;

export function recordOf(kind: RecordKind, body: Uint8Array, receivedMs: number, items = 1): JournalRecord {
  sequence += 1;
  return {
    id: { node: 'test', epoch: 1, sequence },
    partition: 0,
    offset: sequence,
    nextOffset: sequence + 1,
    kind,
    tenant: 'default',
    receivedUnixNanos: BigInt(Math.round(receivedMs * 1000)) * 1000n,
    items,
    accepted: NO_ITEMS,
    body,
  };
}

/** Server spans of 10 ms, one an event, written straight into bytes: a simulation makes millions. */
export function spansRecord(service: string, events: readonly Event[], receivedMs: number): JournalRecord {
  const spans = new Uint8Array(events.length * (SPAN_BYTES + 2));
  const view = new DataView(spans.buffer);
  for (const [index, event] of events.entries()) {
    writeSpan(view, index * (SPAN_BYTES + 2), index, event);
  }
  const resource = bytesField(
    1,
    bytesField(
      1,
      Buffer.concat([
        bytesField(1, Buffer.from('service.name')),
        bytesField(2, bytesField(1, Buffer.from(service))),
      ]),
    ),
  );
  const body = new Uint8Array(bytesField(1, Buffer.concat([resource, bytesField(2, spans)])));
  return recordOf('otlp-traces', body, receivedMs, events.length);
}

/** A length-delimited protobuf field. */
function bytesField(field: number, bytes: Uint8Array): Buffer {
  const head = [(field << 3) | 2];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Uint8Array.of(...head, rest), bytes]);
}

function writeSpan(view: DataView, at: number, number: number, event: Event): void {
  const endNanos = BigInt(Math.round(event.endMs * 1000)) * 1000n;
  view.setUint16(at, 0x1200 | SPAN_BYTES);
  view.setUint16(at + 2, 0x0a10);
  view.setFloat64(at + 4, event.endMs);
  view.setUint32(at + 12, 0xabcdef01);
  view.setUint32(at + 16, number);
  view.setUint16(at + 20, 0x1208);
  view.setUint32(at + 22, 1);
  view.setUint32(at + 26, number);
  view.setUint16(at + 30, 0x3002);
  view.setUint8(at + 32, 0x39);
  view.setBigUint64(at + 33, endNanos - 10_000_000n, true);
  view.setUint8(at + 41, 0x41);
  view.setBigUint64(at + 42, endNanos, true);
  view.setUint16(at + 50, 0x7a04);
  // An empty status message keeps the length even.
  view.setUint16(at + 52, 0x1200);
  view.setUint16(at + 54, 0x1800 | (event.bad ? 2 : 0));
}

export function heartbeat(kind: 'otlp-logs' | 'otlp-metrics', service: string, atMs: number): JournalRecord {
  const nanos = BigInt(Math.round(atMs)) * 1_000_000n;
  const body =
    kind === 'otlp-logs'
      ? buildLogs({ service, logs: [{ nanos, body: 'alive' }] })
      : buildMetrics({ service, metrics: [{ name: 'up', kind: 'gauge', points: [{ nanos, value: 1 }] }] });
  return recordOf(kind, body, atMs);
}

export class SloWorld {
  engine: SloEngine;
  nowMs = START_MS;
  /** For this engine and those after a restart. */
  #evaluation = EVALUATION_AS_WRITTEN;
  readonly transitions: Transition[] = [];
  documents: readonly SloDocument[];
  #carry = 0;
  #badCarry = 0;

  constructor(...documents: SloDocument[]) {
    this.documents = documents;
    this.engine = createSloEngine();
    this.engine.configure(documents, this.nowMs);
  }

  /** A world whose SLOs are judged in another way than they are written. */
  static judging(evaluation: Evaluation, ...documents: SloDocument[]): SloWorld {
    const world = new SloWorld(...documents);
    world.#evaluation = evaluation;
    world.engine = createSloEngine({ evaluation });
    world.engine.configure(documents, world.nowMs);
    return world;
  }

  /**
   * Lets time pass with steady traffic, a record and a tick each second.
   *
   * @param perSecond events a second, evenly spread; may be below 1
   * @param errorRatio share that fails, evenly spread
   */
  run(seconds: number, perSecond: number, errorRatio = 0, service = 'quotes'): this {
    for (let second = 0; second < seconds; second += 1) {
      const events = this.#events(perSecond, errorRatio);
      this.nowMs += 1000;
      if (events.length > 0) this.engine.consume(spansRecord(service, events, this.nowMs));
      this.tick();
    }
    return this;
  }

  tick(lagMs = 0): readonly Transition[] {
    const found = this.engine.tick(this.nowMs, lagMs);
    this.transitions.push(...found);
    return found;
  }

  /** A new engine from what was committed last. */
  restart(snapshots: ReadonlyMap<string, Uint8Array>, firing: readonly FiringAlert[]): void {
    this.engine = createSloEngine({ evaluation: this.#evaluation });
    this.engine.configure(this.documents, this.nowMs);
    this.engine.restore(snapshots, firing, this.nowMs);
  }

  /** `to kind` at seconds after `sinceMs`, in order. */
  told(sinceMs = START_MS): string[] {
    return this.transitions.map(({ kind, to, atMs }) => `${to} ${kind} ${(atMs - sinceMs) / 1000}`);
  }

  firedAfter(kind: string, sinceMs: number): number | undefined {
    const found = this.transitions.find(
      (one) => one.kind === kind && one.to === 'firing' && one.atMs >= sinceMs,
    );
    return found === undefined ? undefined : (found.atMs - sinceMs) / 1000;
  }

  state(): string | undefined {
    return this.engine.status(this.nowMs)[0]?.state;
  }

  #events(perSecond: number, errorRatio: number): Event[] {
    this.#carry += perSecond;
    const count = Math.floor(this.#carry);
    this.#carry -= count;
    return Array.from({ length: count }, (_, index) => {
      this.#badCarry += errorRatio;
      // 1e-9: a hundred times 0.01 is not quite 1.
      const bad = this.#badCarry >= 1 - 1e-9;
      if (bad) this.#badCarry -= 1;
      return { endMs: this.nowMs + ((index + 1) * 999) / count, bad };
    });
  }
}

/** What is firing after these transitions, as the alert store would hand it back. */
export function firingAfter(transitions: readonly Transition[]): FiringAlert[] {
  const firing = new Map<string, FiringAlert>();
  for (const { sloId, kind, to, atMs } of transitions) {
    const key = `${kind} ${sloId}`;
    if (to === 'firing') firing.set(key, { sloId, kind, sinceMs: atMs });
    else firing.delete(key);
  }
  return [...firing.values()];
}
