/**
 * One SLO: its history, which of its pairs hold, which of its alerts fire.
 * Times are engine time unless a name says wall.
 */
import type { Severity, SloState } from '#alerting/ports.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import type { BurnPolicy, SloDocument } from '#signals/openslo/model.ts';
import { ByteWriter, SnapshotError, type ByteReader } from '#alerting/slo/core/bytes.ts';
import { burnRate, judgePair, type JudgedPair, type WindowReading } from '#alerting/slo/core/burn.ts';
import { FailingTraces } from '#alerting/slo/core/failing-traces.ts';
import { Rings } from '#alerting/slo/core/rings.ts';
import { SampleCounter } from '#alerting/slo/core/sample-counter.ts';
import type { Source } from '#alerting/slo/core/sources.ts';
import { SpanMatcher } from '#alerting/slo/core/span-matcher.ts';

const SECOND_MS = 1000;
/** Without an event for this long an SLO is idle: the shortest window of the standard pairs. */
export const IDLE_AFTER_MS = 300_000;
/** 2: the series of an SLO on counters stand at the end. */
const SNAPSHOT_VERSION = 2;
/** Snapshots hold one entry a policy; more than this is no snapshot of ours. */
const LATCHES_MAX = 1000;

export class SloTracker {
  #document: SloDocument;
  #matcher: SpanMatcher;
  #rings: Rings;
  #source: Source;
  /** Only of an SLO on counters. */
  #samples: SampleCounter | undefined;
  readonly traces = new FailingTraces();
  /** Wall time since when each alert of it fires. */
  readonly firing = new Map<AlertKind, number>();
  state: SloState = 'idle';
  stateSinceWallMs = 0;
  /** Whether anything came in since the last snapshot. */
  changed = false;
  /** Policies whose pair held and has not been seen clear since. */
  readonly #latched = new Set<string>();
  #firstMs = 0;
  #lastMs = 0;
  #lastBadMs = 0;
  #longestWindowMs = 0;
  #runMs = 0;
  #runBad = 0;
  #runTotal = 0;

  constructor(document: SloDocument, source: Source, nowWallMs: number) {
    this.#document = document;
    this.#matcher = new SpanMatcher(document.selector, document.indicator);
    this.#rings = new Rings(document.periodMs);
    this.#source = source;
    this.#samples = sampleCounter(document);
    this.#longestWindowMs = longestWindow(document);
    this.stateSinceWallMs = nowWallMs;
  }

  get document(): SloDocument {
    return this.#document;
  }
  get matcher(): SpanMatcher {
    return this.#matcher;
  }
  get rings(): Rings {
    return this.#rings;
  }
  get source(): Source {
    return this.#source;
  }
  get samples(): SampleCounter | undefined {
    return this.#samples;
  }

  /** A new version of the same SLO: its history stays. */
  redefine(document: SloDocument, source: Source): void {
    if (document.periodMs !== this.#document.periodMs) {
      const rings = new Rings(document.periodMs);
      rings.restore(this.#rings.save());
      this.#rings = rings;
    }
    if (JSON.stringify(document.indicator) !== JSON.stringify(this.#document.indicator)) {
      this.#samples = sampleCounter(document);
    }
    this.#document = document;
    this.#source = source;
    this.#matcher = new SpanMatcher(document.selector, document.indicator);
    this.#longestWindowMs = longestWindow(document);
  }

  /** Counts one event. Call {@link SloTracker.flush} after the last one of a record. */
  count(timeMs: number, bad: boolean): void {
    // Events come in order most of the time: one addition to the rings a second of them.
    const secondMs = timeMs - (timeMs % SECOND_MS);
    if (secondMs !== this.#runMs) {
      this.flush();
      this.#runMs = secondMs;
    }
    this.#runTotal += 1;
    if (bad) this.#runBad += 1;
  }

  /** Counts many events of one second at once. */
  add(timeMs: number, bad: number, total: number): void {
    this.flush();
    this.#runMs = timeMs - (timeMs % SECOND_MS);
    this.#runBad = bad;
    this.#runTotal = total;
    this.flush();
  }

  flush(): void {
    if (this.#runTotal === 0) return;
    this.#rings.add(this.#runMs, this.#runBad, this.#runTotal);
    this.#firstMs = this.#firstMs === 0 ? this.#runMs : Math.min(this.#firstMs, this.#runMs);
    this.#lastMs = Math.max(this.#lastMs, this.#runMs);
    if (this.#runBad > 0) this.#lastBadMs = Math.max(this.#lastBadMs, this.#runMs);
    this.#runBad = 0;
    this.#runTotal = 0;
    this.changed = true;
  }

  /** Whether no event came for so long that there is nothing to judge. */
  idle(nowMs: number, idleAfterMs: number): boolean {
    return nowMs - this.#lastMs > idleAfterMs;
  }

  reading(windowMs: number, nowMs: number): WindowReading {
    const total = this.#rings.total(windowMs, nowMs);
    const bad = this.#rings.bad(windowMs, nowMs);
    if (this.#firstMs === 0) return { windowMs, bad, total, measuredMs: windowMs };
    const sinceMs = Math.max(nowMs - windowMs, Math.min(this.#firstMs, nowMs));
    return { windowMs, bad, total, measuredMs: Math.min(windowMs, this.#source.measuredMs(sinceMs, nowMs)) };
  }

  /** For how much of [sinceMs, untilMs] events could have been counted. */
  heardMs(sinceMs: number, untilMs: number): number {
    const fromMs = Math.max(sinceMs, this.#firstMs);
    return this.#firstMs === 0 || untilMs <= fromMs ? 0 : this.#source.heardMs(fromMs, untilMs);
  }

  /** Share of the period in which telemetry was there. */
  measuredRatio(nowMs: number): number {
    if (this.#firstMs === 0) return 0;
    return this.reading(this.#document.periodMs, nowMs).measuredMs / this.#document.periodMs;
  }

  judgePolicy(policy: BurnPolicy, nowMs: number): JudgedPair {
    return judgePair(
      policy,
      this.reading(policy.longWindowMs, nowMs),
      this.reading(policy.shortWindowMs, nowMs),
      {
        budgetRatio: 1 - this.#document.objective,
        badEventsMin: this.#document.badEventsMin,
      },
    );
  }

  /** Brings the latches up to date: a pair that holds sets its own, one that is clear lifts it. */
  judge(nowMs: number): void {
    if (this.#latched.size === 0 && !this.#mayHold(nowMs)) return;
    for (const policy of this.#document.policies) {
      const key = policyKey(policy);
      // Most pairs are told apart by their long window alone.
      if (!this.#latched.has(key) && !this.#longBurns(policy, nowMs)) continue;
      const { verdict } = this.judgePolicy(policy, nowMs);
      if (verdict === 'unknown') continue;
      if (this.#latched.has(key) === (verdict === 'holds')) continue;
      if (verdict === 'holds') this.#latched.add(key);
      else this.#latched.delete(key);
      this.changed = true;
    }
  }

  /** Cheap: spares ten thousand quiet SLOs eight windows each. */
  #mayHold(nowMs: number): boolean {
    if (this.#lastBadMs === 0 || nowMs - this.#lastBadMs > this.#longestWindowMs) return false;
    return this.#rings.bad(this.#longestWindowMs, nowMs) >= this.#document.badEventsMin;
  }

  #longBurns(policy: BurnPolicy, nowMs: number): boolean {
    const long = this.reading(policy.longWindowMs, nowMs);
    const { badEventsMin, objective } = this.#document;
    return long.bad >= badEventsMin && burnRate(long, 1 - objective) > policy.factor;
  }

  /** The policies of a severity that hold, or held and are not known to be clear. */
  holding(severity: Severity): readonly BurnPolicy[] {
    if (this.#latched.size === 0) return [];
    return this.#document.policies.filter(
      (policy) => policy.severity === severity && this.#latched.has(policyKey(policy)),
    );
  }

  /** After a restart: what was firing fires on, what was not starts clean. */
  resume(firing: ReadonlyMap<AlertKind, number>): void {
    this.firing.clear();
    for (const [kind, sinceWallMs] of firing) this.firing.set(kind, sinceWallMs);
    for (const severity of ['page', 'ticket'] as const) {
      const policies = this.#document.policies.filter((policy) => policy.severity === severity);
      if (!firing.has(severity)) {
        for (const policy of policies) this.#latched.delete(policyKey(policy));
      } else if (this.holding(severity).length === 0 && policies[0] !== undefined) {
        this.#latched.add(policyKey(policies[0]));
      }
    }
  }

  save(): Uint8Array {
    const out = new ByteWriter();
    out.uint(SNAPSHOT_VERSION);
    out.double(this.#firstMs);
    out.double(this.#lastMs);
    out.double(this.#lastBadMs);
    out.uint(this.#latched.size);
    for (const key of this.#latched) out.text(key);
    this.traces.write(out);
    this.#rings.write(out);
    this.#samples?.write(out);
    this.changed = false;
    return out.done();
  }

  /** @throws SnapshotError when it is not such a snapshot; the tracker is then to be made anew */
  read(input: ByteReader): void {
    const version = input.uint();
    if (version !== SNAPSHOT_VERSION && version !== 1)
      throw new SnapshotError(`snapshot version ${version} is not known`);
    this.#firstMs = input.double();
    this.#lastMs = input.double();
    this.#lastBadMs = input.double();
    const latches = input.uint();
    if (latches > LATCHES_MAX) throw new SnapshotError('the snapshot has too many policies');
    for (let left = latches; left > 0; left -= 1) this.#latched.add(input.text());
    this.traces.read(input);
    this.#rings.read(input);
    if (version > 1 && !input.atEnd) this.#samples?.read(input);
  }
}

function sampleCounter({ indicator }: SloDocument): SampleCounter | undefined {
  return indicator.kind === 'ratio' ? new SampleCounter(indicator) : undefined;
}

/** Names of pairs by policy: asked for at every tick. */
const policyKeys = new WeakMap<BurnPolicy, string>();

function policyKey(policy: BurnPolicy): string {
  const known = policyKeys.get(policy);
  if (known !== undefined) return known;
  const key = `${policy.severity}/${policy.longWindowMs}/${policy.shortWindowMs}`;
  policyKeys.set(policy, key);
  return key;
}

function longestWindow(document: SloDocument): number {
  return Math.max(0, ...document.policies.map((policy) => policy.longWindowMs));
}
