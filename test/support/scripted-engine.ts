/**
 * An SLO engine that does what it is told, for histories of alert delivery: each
 * journal record switches one alert on or off, the next tick says so. Like the
 * real one it forgets everything but what it was given back.
 */
import type { SloEngine, FiringAlert, Transition } from '#alerting/slo/ports.ts';
import type { Evidence } from '#alerting/ports.ts';
import { NO_ITEMS } from '#signals/records.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';

export type ScriptedKind = 'page' | 'ticket';

export interface Switch {
  readonly sloId: string;
  readonly kind: ScriptedKind;
  readonly on: boolean;
}

const EVIDENCE: Evidence = {
  objective: 0.999,
  windows: [],
  budgetRemainingRatio: 0.5,
  exhaustedInMs: 3_600_000,
  failingTraceIds: ['0af7651916cd43dd8448eb211c80319c'],
  firstBadMs: undefined,
  suspects: [{ service: 'quotes', score: 1, reason: 'quotes: 40 % of its requests failed' }],
  callers: [{ service: 'gateway', calls: 20, failed: 8 }],
};
/** As the real engine: further behind than this it does not judge. */
const LAG_MS_MAX = 5000;

export class ScriptedEngine implements SloEngine {
  /** `slo kind` of every alert that should be firing by what was consumed. */
  readonly #wanted = new Set<string>();
  readonly #firing = new Set<string>();
  readonly #changed = new Set<string>();
  #documents: readonly SloDocument[] = [];

  configure(documents: readonly SloDocument[], nowMs: number): readonly Transition[] {
    const kept = new Set(documents.map(({ id }) => id));
    this.#documents = documents;
    const gone = [...this.#firing].filter((key) => !kept.has(parseKey(key).sloId));
    for (const key of gone) this.#firing.delete(key);
    for (const key of this.#wanted) if (!kept.has(parseKey(key).sloId)) this.#wanted.delete(key);
    return gone.map((key) => transition(key, 'resolved', nowMs));
  }

  consume(record: JournalRecord): void {
    const { sloId, kind, on } = JSON.parse(new TextDecoder().decode(record.body)) as Switch;
    const key = alertKey(sloId, kind);
    if (on) this.#wanted.add(key);
    else this.#wanted.delete(key);
    this.#changed.add(sloId);
  }

  tick(nowMs: number, lagMs: number): readonly Transition[] {
    if (lagMs > LAG_MS_MAX) return [];
    const fired = [...this.#wanted].filter((key) => !this.#firing.has(key));
    const resolved = [...this.#firing].filter((key) => !this.#wanted.has(key));
    for (const key of fired) this.#firing.add(key);
    for (const key of resolved) this.#firing.delete(key);
    return [
      ...fired.map((key) => transition(key, 'firing', nowMs)),
      ...resolved.map((key) => transition(key, 'resolved', nowMs)),
    ];
  }

  save(): ReadonlyMap<string, Uint8Array> {
    const encode = (sloId: string): Uint8Array =>
      new TextEncoder().encode(
        JSON.stringify([...this.#wanted].filter((key) => parseKey(key).sloId === sloId)),
      );
    const saved = new Map([...this.#changed].map((sloId) => [sloId, encode(sloId)]));
    this.#changed.clear();
    return saved;
  }

  restore(snapshots: ReadonlyMap<string, Uint8Array>, firing: readonly FiringAlert[]): void {
    for (const snapshot of snapshots.values()) {
      const keys = JSON.parse(new TextDecoder().decode(snapshot)) as string[];
      for (const key of keys) this.#wanted.add(key);
    }
    for (const { sloId, kind } of firing) this.#firing.add(`${sloId} ${kind}`);
  }

  status(): readonly [] {
    return [];
  }

  history(): undefined {
    return undefined;
  }

  lateEvents(): { readonly past: number; readonly future: number } {
    return { past: 0, future: 0 };
  }

  overflows(): { readonly spans: number; readonly samples: number } {
    return { spans: 0, samples: 0 };
  }

  get documents(): readonly SloDocument[] {
    return this.#documents;
  }
}

export function alertKey(sloId: string, kind: ScriptedKind): string {
  return `${sloId} ${kind}`;
}

function parseKey(key: string): { readonly sloId: string; readonly kind: string } {
  const [sloId = '', kind = ''] = key.split(' ');
  return { sloId, kind };
}

export function alertLabels(sloId: string, kind: string): Readonly<Record<string, string>> {
  const service = sloId.split('/')[0] ?? '';
  return { alertname: `Slo-${kind}`, severity: kind, slo_id: sloId, service };
}

function transition(key: string, to: Transition['to'], atMs: number): Transition {
  const { sloId, kind } = parseKey(key);
  return {
    sloId,
    kind: kind === 'ticket' ? 'ticket' : 'page',
    to,
    atMs,
    labels: alertLabels(sloId, kind),
    annotations: { summary: `${sloId} burns` },
    evidence: EVIDENCE,
  };
}

export function scriptedDocument(sloId: string): SloDocument {
  const [service = '', name = ''] = sloId.split('/');
  return {
    id: sloId,
    name,
    displayName: name,
    description: '',
    service,
    objective: 0.999,
    periodMs: 30 * 86_400_000,
    selector: { service, operation: undefined, kinds: ['server'], attributes: {} },
    indicator: { kind: 'availability' },
    policies: [],
    badEventsMin: 1,
    annotations: {},
    definedAt: 'scripted:1',
  };
}

/** The journal beside it: a list of switches; the cursor is a place in it. */
export class ScriptedJournal {
  readonly #records: JournalRecord[] = [];

  append(change: Switch): void {
    const offset = this.#records.length;
    this.#records.push({
      id: { node: 'scripted', epoch: 1, sequence: offset + 1 },
      partition: 0,
      offset,
      nextOffset: offset + 1,
      kind: 'otlp-traces',
      tenant: 'default',
      receivedUnixNanos: 0n,
      items: 1,
      accepted: { ...NO_ITEMS, 'otlp-traces': offset + 1 },
      body: new TextEncoder().encode(JSON.stringify(change)),
    });
  }

  /** Up to `max` records after `cursor`, and the cursor after them. */
  read(cursor: Cursor, max: number): { readonly records: readonly JournalRecord[]; readonly cursor: Cursor } {
    const from = cursor.position['0'] ?? 0;
    const records = this.#records.slice(from, from + max);
    return { records, cursor: { ...cursor, position: { '0': from + records.length } } };
  }
}
