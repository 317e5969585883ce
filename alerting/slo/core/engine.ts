/**
 * The SLO engine: counts events as records pass, judges every SLO at each tick
 * over what has arrived, and returns what changed. It holds no clock and does
 * no work of its own accord; fed the same records and ticks it returns the same
 * transitions, live or in replay.
 *
 * ```
 *             lag > 5 s, or restored and not caught up
 *   ok · burning · idle ───────────────────────────────▶ catching-up
 *        │       ▲                                        (nothing fires, nothing resolves)
 * silence│       │record
 *        ▼       │
 *       blind: burn alerts frozen, an alert of its own
 * ```
 */
import type { Evidence, SloHistory, SloHistoryRange, SloState, SloStatus } from '#alerting/ports.ts';
import type { AlertKind, FiringAlert, SloEngine, Transition } from '#alerting/slo/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { walkItems } from '#signals/otlp/envelope.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { isCoded } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import { Blame } from '#alerting/blame/core/blame.ts';
import {
  alertLabels,
  blindAnnotations,
  burnAnnotations,
  removedAnnotations,
  suspectAnnotations,
} from '#alerting/slo/core/announce.ts';
import { ByteReader, ByteWriter, SnapshotError } from '#alerting/slo/core/bytes.ts';
import { SpanCounter } from '#alerting/slo/core/counting.ts';
import {
  asJudged,
  dividedMs,
  EVALUATION_AS_WRITTEN,
  type Evaluation,
} from '#alerting/slo/core/evaluation.ts';
import { evidence } from '#alerting/slo/core/evidence.ts';
import { historyOf } from '#alerting/slo/core/history.ts';
import { isoTime } from '#alerting/slo/core/iso-time.ts';
import { patienceOf, Sources, type Source } from '#alerting/slo/core/sources.ts';
import { SampleWatch } from '#alerting/slo/core/sample-watch.ts';
import { statusOf } from '#alerting/slo/core/status.ts';
import { suspicionOf } from '#alerting/slo/core/suspicion.ts';
import { Timeline } from '#alerting/slo/core/timeline.ts';
import { IDLE_AFTER_MS, SloTracker } from '#alerting/slo/core/tracker.ts';

/** Further behind the journal than this the engine does not know enough to judge. */
export const CATCH_UP_LAG_MS = 5000;
/** Key of the snapshot that belongs to no SLO: the sources and the engine's time. */
const SOURCES_KEY = '';
/** 2: sources keep when samples came. */
const SNAPSHOT_VERSION = 2;
const NANOS_IN_MS = 1_000_000n;
/** In compressed time: a pause of traffic that is no state of its own. */
const IDLE_AFTER_MS_MIN = 5000;

export interface SloEngineOptions {
  /** As the SLOs are written when left out. */
  readonly evaluation?: Evaluation;
  /** Told about a snapshot that cannot be read; what it is about starts with an empty history. */
  readonly onUnreadableSnapshot?: (key: string, reason: string) => void;
  /** Told about a record whose body cannot be decoded; it counts for nothing. */
  readonly onUnreadableRecord?: (record: JournalRecord, reason: string) => void;
}

export function createSloEngine(options: SloEngineOptions = {}): SloEngine {
  return new Engine(options);
}

/** One moment by the wall clock and in engine time. */
interface Moment {
  readonly wallMs: number;
  readonly engineMs: number;
}

interface Restored {
  readonly snapshots: ReadonlyMap<string, Uint8Array>;
  readonly firing: Map<string, Map<AlertKind, number>>;
}

class Engine implements SloEngine {
  readonly #options: SloEngineOptions;
  readonly #evaluation: Evaluation;
  readonly #idleAfterMs: number;
  readonly #trackers = new Map<string, SloTracker>();
  readonly #sources: Sources;
  readonly #counter = new SpanCounter();
  readonly #blame = new Blame();
  readonly #samples: SampleWatch;
  readonly #timeline = new Timeline();
  /** What `restore` was given, until the first record or tick: `configure` may come before or after it. */
  #restored: Restored | undefined;
  #configured = false;
  /** Resolutions found while restoring; the next tick returns them. */
  #pending: readonly Transition[] = [];
  #caughtUp = false;
  #sourcesChanged = false;

  constructor(options: SloEngineOptions) {
    this.#options = options;
    this.#evaluation = options.evaluation ?? EVALUATION_AS_WRITTEN;
    this.#idleAfterMs = dividedMs(IDLE_AFTER_MS, this.#evaluation, IDLE_AFTER_MS_MIN);
    this.#sources = new Sources(patienceOf(this.#evaluation));
    this.#samples = new SampleWatch(this.#sources, this.#blame);
  }

  configure(documents: readonly SloDocument[], nowMs: number): readonly Transition[] {
    const judged = documents.map((document) => asJudged(document, this.#evaluation));
    const wanted = new Map(judged.map((document) => [document.id, document]));
    const transitions: Transition[] = [];
    for (const [id, tracker] of this.#trackers) {
      if (wanted.has(id)) continue;
      for (const kind of tracker.firing.keys())
        transitions.push(this.#removed(id, tracker.document, kind, nowMs));
      this.#trackers.delete(id);
    }
    this.#sources.track(new Set([...wanted.values()].map(sourceKey)));
    for (const document of wanted.values()) {
      const source = this.#source(document);
      const known = this.#trackers.get(document.id);
      if (known === undefined) this.#trackers.set(document.id, new SloTracker(document, source, nowMs));
      else known.redefine(document, source);
    }
    this.#counter.use(this.#trackers.values());
    this.#samples.use(this.#trackers.values());
    this.#configured = true;
    return [...transitions, ...this.#applyRestored(nowMs)];
  }

  restore(snapshots: ReadonlyMap<string, Uint8Array>, firing: readonly FiringAlert[], nowMs: number): void {
    const bySlo = new Map<string, Map<AlertKind, number>>();
    for (const alert of firing) {
      const kinds = bySlo.get(alert.sloId) ?? new Map<AlertKind, number>();
      bySlo.set(alert.sloId, kinds.set(alert.kind, alert.sinceMs));
    }
    this.#restored = { snapshots, firing: bySlo };
    this.#caughtUp = false;
    if (this.#configured) this.#pending = this.#applyRestored(nowMs);
  }

  consume(record: JournalRecord): void {
    this.#restored = undefined;
    const wallMs = Number(record.receivedUnixNanos / NANOS_IN_MS);
    const engineMs = this.#timeline.ofReceipt(wallMs, this.#caughtUp);
    let items: ReadonlyMap<string, number>;
    try {
      items = this.#count(record, { wallMs, engineMs });
    } catch (error) {
      // Receivers validate; a damaged body all the same must not stop the judging of everything else.
      if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
      this.#options.onUnreadableRecord?.(record, error.message);
      return;
    }
    for (const [service, count] of items) this.#sources.get(service)?.seen(engineMs, record.kind, count);
    this.#sourcesChanged = true;
  }

  /** Counts a record's spans; returns how many items of each service it holds. */
  #count(record: JournalRecord, at: Moment): ReadonlyMap<string, number> {
    switch (record.kind) {
      case 'otlp-traces': {
        const columns = scanSpans(record.body);
        this.#counter.count(columns, at);
        this.#blame.observe(columns, at);
        return itemsByService(columns.resources, columns.resource);
      }
      case 'otlp-logs':
      case 'otlp-metrics': {
        if (record.kind === 'otlp-metrics') this.#samples.takeMetrics(record.body, at);
        const items: number[] = [];
        const { resources } = walkItems(record.body, (_, resource) => items.push(resource));
        return itemsByService(resources, items);
      }
      case 'prom-samples':
        // Scraped by somebody else: what a service sends itself is its heartbeat.
        this.#samples.takeSamples(record.body, at);
        return new Map();
      default:
        return record.kind satisfies never;
    }
  }

  tick(nowMs: number, lagMs: number): readonly Transition[] {
    if (this.#configured) this.#restored = undefined;
    this.#caughtUp = lagMs <= CATCH_UP_LAG_MS;
    const engineMs = this.#timeline.tick(nowMs, this.#caughtUp);
    this.#sourcesChanged = true;
    const transitions = [...this.#pending];
    this.#pending = [];
    for (const tracker of this.#trackers.values())
      this.#judge(tracker, { wallMs: nowMs, engineMs }, transitions);
    return transitions;
  }

  save(): ReadonlyMap<string, Uint8Array> {
    const snapshots = new Map<string, Uint8Array>();
    for (const [id, tracker] of this.#trackers) if (tracker.changed) snapshots.set(id, tracker.save());
    if (this.#sourcesChanged) {
      const out = new ByteWriter();
      out.uint(SNAPSHOT_VERSION);
      this.#timeline.write(out);
      this.#sources.write(out);
      snapshots.set(SOURCES_KEY, out.done());
      this.#sourcesChanged = false;
    }
    return snapshots;
  }

  status(nowMs: number): readonly SloStatus[] {
    const engineMs = this.#timeline.at(nowMs);
    return [...this.#trackers.values()].map((tracker) => statusOf(tracker, engineMs));
  }

  history(id: string, range: SloHistoryRange, nowMs: number): SloHistory | undefined {
    const tracker = this.#trackers.get(id);
    if (tracker === undefined) return undefined;
    const engineMs = this.#timeline.at(nowMs);
    const { startMs: sinceMs, endMs: untilMs } = range;
    const startMs =
      sinceMs === undefined ? engineMs - tracker.document.periodMs : this.#timeline.toEngine(sinceMs);
    const endMs = untilMs === undefined ? engineMs : this.#timeline.toEngine(untilMs);
    const steps = historyOf(tracker, { startMs, endMs, stepsMax: range.stepsMax }, engineMs);
    return { id, ...steps, startMs: Math.round(this.#timeline.toWall(steps.startMs)) };
  }

  lateEvents(): { readonly past: number; readonly future: number } {
    const [spans, samples] = [this.#counter.late, this.#samples.late];
    return { past: spans.past + samples.past, future: spans.future + samples.future };
  }

  overflows(): { readonly spans: number; readonly samples: number } {
    return { spans: this.#blame.dropped, samples: this.#samples.dropped };
  }

  #judge(tracker: SloTracker, now: Moment, transitions: Transition[]): void {
    const change = (kind: AlertKind, to: Transition['to']): void => {
      transitions.push(this.#transition(tracker, kind, to, now));
      if (to === 'firing') tracker.firing.set(kind, now.wallMs);
      else tracker.firing.delete(kind);
    };
    if (!this.#caughtUp) {
      setState(tracker, 'catching-up', now.wallMs);
      return;
    }
    const blind = tracker.source.judge(now.engineMs, this.#timeline.watchedSinceMs);
    if (blind !== tracker.firing.has('blind')) change('blind', blind ? 'firing' : 'resolved');
    if (blind) {
      setState(tracker, 'blind', now.wallMs);
      return;
    }
    // Silent while nobody listened: not yet an alert, but what leaves a window now was not made good.
    if (!tracker.source.silent(now.engineMs)) tracker.judge(now.engineMs);
    for (const severity of ['page', 'ticket'] as const) {
      const holds = tracker.holding(severity).length > 0;
      if (holds !== tracker.firing.has(severity)) change(severity, holds ? 'firing' : 'resolved');
    }
    const state =
      tracker.firing.size > 0 ? 'burning' : tracker.idle(now.engineMs, this.#idleAfterMs) ? 'idle' : 'ok';
    setState(tracker, state, now.wallMs);
  }

  #transition(tracker: SloTracker, kind: AlertKind, to: Transition['to'], now: Moment): Transition {
    const { document, source } = tracker;
    const counted = evidence(tracker, now.engineMs, (engineMs) => this.#timeline.toWall(engineMs));
    const found = to === 'firing' ? { ...counted, ...this.#traced(tracker, kind, now) } : counted;
    return {
      sloId: document.id,
      kind,
      to,
      atMs: now.wallMs,
      labels: alertLabels(document.id, document.service, kind),
      annotations: {
        ...suspectAnnotations(found),
        ...(kind === 'blind'
          ? blindAnnotations(document, this.#timeline.toWall(source.lastMs), now.wallMs)
          : burnAnnotations(document, kind, found)),
      },
      evidence: found,
    };
  }

  /** What the call graph knows of it. */
  #traced(tracker: SloTracker, kind: AlertKind, now: Moment): Pick<Evidence, 'suspects' | 'callers'> {
    const burn = {
      ...suspicionOf(tracker, kind, now.engineMs),
      nowMs: now.engineMs,
      time: (engineMs: number) => `${isoTime(this.#timeline.toWall(engineMs)).slice(11, 19)} UTC`,
    };
    return { suspects: this.#blame.suspects(burn), callers: this.#blame.callers(burn) };
  }

  #source(document: SloDocument): Source {
    return present(this.#sources.get(sourceKey(document)), 'the source of every SLO is tracked');
  }

  /** Gives every configured SLO its snapshot and its firing alerts; resolves alerts that have no SLO. */
  #applyRestored(nowMs: number): readonly Transition[] {
    if (this.#restored === undefined) return [];
    const { snapshots, firing } = this.#restored;
    this.#read(SOURCES_KEY, snapshots.get(SOURCES_KEY), (input) => {
      const version = input.uint();
      if (version !== SNAPSHOT_VERSION && version !== 1) {
        throw new SnapshotError(`snapshot version ${version} is not known`);
      }
      this.#timeline.read(input);
      this.#sources.read(input, version);
    });
    for (const [id, { document }] of this.#trackers) {
      const tracker = new SloTracker(document, this.#source(document), nowMs);
      const readable = this.#read(id, snapshots.get(id), (input) => tracker.read(input));
      const alive = readable ? tracker : new SloTracker(document, this.#source(document), nowMs);
      const kinds = firing.get(id) ?? new Map<AlertKind, number>();
      alive.resume(kinds);
      const blindSinceMs = kinds.get('blind');
      if (blindSinceMs !== undefined) alive.source.markBlind(this.#timeline.at(nowMs));
      setState(alive, 'catching-up', nowMs);
      this.#trackers.set(id, alive);
    }
    this.#counter.use(this.#trackers.values());
    this.#samples.use(this.#trackers.values());
    const orphans: Transition[] = [];
    for (const [id, kinds] of firing) {
      if (this.#trackers.has(id)) continue;
      for (const kind of kinds.keys()) orphans.push(this.#removed(id, undefined, kind, nowMs));
      firing.delete(id);
    }
    return orphans;
  }

  #read(key: string, snapshot: Uint8Array | undefined, read: (input: ByteReader) => void): boolean {
    if (snapshot === undefined) return true;
    try {
      read(new ByteReader(snapshot));
      return true;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#options.onUnreadableSnapshot?.(key, error.message);
      return false;
    }
  }

  /** The SLO of a firing alert was taken away. */
  #removed(id: string, document: SloDocument | undefined, kind: AlertKind, nowMs: number): Transition {
    const service = document?.service ?? id.slice(0, Math.max(0, id.lastIndexOf('/')));
    return {
      sloId: id,
      kind,
      to: 'resolved',
      atMs: nowMs,
      labels: alertLabels(id, service, kind),
      annotations: removedAnnotations(id),
      evidence: {
        objective: document?.objective ?? 0,
        windows: [],
        budgetRemainingRatio: undefined,
        exhaustedInMs: undefined,
        failingTraceIds: [],
        firstBadMs: undefined,
        suspects: [],
        callers: [],
      },
    };
  }
}

/** What an SLO hears of: the service, or the series it counts. */
function sourceKey({ id, indicator, selector }: SloDocument): string {
  return indicator.kind === 'ratio' ? `\u0000${id}` : selector.service;
}

function itemsByService(
  resources: readonly { readonly serviceName: string }[],
  resourceOfItem: ArrayLike<number>,
): ReadonlyMap<string, number> {
  const counts = new Uint32Array(resources.length);
  for (let index = 0; index < resourceOfItem.length; index += 1) {
    const resource = resourceOfItem[index] ?? 0;
    counts[resource] = (counts[resource] ?? 0) + 1;
  }
  const items = new Map<string, number>();
  for (const [index, { serviceName }] of resources.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0) items.set(serviceName, (items.get(serviceName) ?? 0) + count);
  }
  return items;
}

function setState(tracker: SloTracker, state: SloState, nowMs: number): void {
  if (tracker.state === state) return;
  tracker.state = state;
  tracker.stateSinceWallMs = nowMs;
}
