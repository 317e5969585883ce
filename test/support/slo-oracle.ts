/**
 * What the SLO engine has to say, reckoned from the raw events alone: naive
 * sums, no rings, no snapshots, no restarts. Of a restart it knows only what a
 * restart may change: at which seconds somebody judged, over which records.
 */
import type { AlertKind } from '#alerting/slo/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { BurnPolicy, SloDocument } from '#signals/openslo/model.ts';
import { START_MS, type Event } from '#test/support/slo-world.ts';

/** What was received in one second; its records hold its events. */
export interface Second {
  readonly records: readonly JournalRecord[];
  readonly events: readonly Event[];
}

/** By the second. Services in it send metrics every 10 s before they ever fall silent. */
export type History = readonly Second[];

/** A tick whose transitions were committed. */
export interface CommittedTick {
  readonly second: number;
  /** Seconds of history consumed by then. */
  readonly cursor: number;
  readonly lagMs: number;
  /** Whether it is the first of its engine. */
  readonly restarted: boolean;
}

const LAG_MS_MAX = 5000;
/** Three beats of 10 s, with the rounding of the engine's histogram 32.3 s. */
const SILENCE_S_MAX = 32;
/** Events end at most this long before their receipt. */
const EARLY_S = 10;
/** A window counts whole buckets: the length of these by the longest window they serve, in seconds. */
const BUCKETS = [
  { windowS: 900, bucketS: 1 },
  { windowS: 21_600, bucketS: 15 },
  { windowS: Infinity, bucketS: 120 },
] as const;

/** The events received so far, in sums from the beginning to each second. */
class RawEvents {
  readonly #history: History;
  readonly #bad: Float64Array;
  readonly #total: Float64Array;
  readonly #badBefore: Float64Array;
  readonly #totalBefore: Float64Array;
  readonly #holes: { readonly startS: number; readonly endS: number }[] = [];
  #cursor = 0;
  #firstS = Infinity;
  lastReceiptS = -Infinity;

  constructor(history: History) {
    this.#history = history;
    const slots = history.length + EARLY_S;
    this.#bad = new Float64Array(slots);
    this.#total = new Float64Array(slots);
    this.#badBefore = new Float64Array(slots + 1);
    this.#totalBefore = new Float64Array(slots + 1);
  }

  receiveUntil(cursor: number): void {
    const from = this.#cursor;
    for (; this.#cursor < cursor; this.#cursor += 1) this.#receive(this.#cursor);
    for (let slot = from; slot < cursor + EARLY_S; slot += 1) {
      this.#badBefore[slot + 1] = (this.#badBefore[slot] ?? 0) + (this.#bad[slot] ?? 0);
      this.#totalBefore[slot + 1] = (this.#totalBefore[slot] ?? 0) + (this.#total[slot] ?? 0);
    }
  }

  #receive(second: number): void {
    const { records, events } = this.#history[second] ?? { records: [], events: [] };
    if (records.length === 0) return;
    if (second - this.lastReceiptS > SILENCE_S_MAX && this.lastReceiptS >= 0)
      this.#holes.push({ startS: this.lastReceiptS, endS: second });
    this.lastReceiptS = second;
    for (const { endMs, bad } of events) {
      const endS = Math.floor((endMs - START_MS) / 1000);
      this.#firstS = Math.min(this.#firstS, endS);
      this.#total[endS + EARLY_S] = (this.#total[endS + EARLY_S] ?? 0) + 1;
      if (bad) this.#bad[endS + EARLY_S] = (this.#bad[endS + EARLY_S] ?? 0) + 1;
    }
  }

  window(windowMs: number, nowS: number): { bad: number; total: number; measuredRatio: number } {
    const windowS = windowMs / 1000;
    const bucketS = BUCKETS.find((one) => windowS <= one.windowS)?.bucketS ?? 1;
    const from = Math.max(0, Math.ceil((nowS - windowS) / bucketS) * bucketS + EARLY_S);
    const to = this.#cursor + EARLY_S;
    const sinceS = Math.max(nowS - windowS, Math.min(this.#firstS, nowS));
    let measuredS = nowS - sinceS;
    for (const { startS, endS } of this.#holes)
      measuredS -= Math.max(0, Math.min(endS, nowS) - Math.max(startS, sinceS));
    return {
      bad: (this.#badBefore[to] ?? 0) - (this.#badBefore[from] ?? 0),
      total: (this.#totalBefore[to] ?? 0) - (this.#totalBefore[from] ?? 0),
      measuredRatio: Math.max(1, measuredS) / windowS,
    };
  }
}

/** Whether a pair holds or is clear by the raw events; undefined when neither can be said. */
function verdictOf(
  raw: RawEvents,
  policy: BurnPolicy,
  document: SloDocument,
  nowS: number,
): 'holds' | 'clear' | undefined {
  const budgetRatio = 1 - document.objective;
  const windows = [policy.longWindowMs, policy.shortWindowMs].map((windowMs) => raw.window(windowMs, nowS));
  const burns = windows.every(
    ({ bad, total, measuredRatio }) => (bad / (budgetRatio * total)) * measuredRatio > policy.factor,
  );
  if (burns) return (windows[0]?.bad ?? 0) >= document.badEventsMin ? 'holds' : undefined;
  const clear = windows.some(
    ({ bad, total, measuredRatio }) =>
      total > 0 && measuredRatio >= 0.5 && bad / (budgetRatio * total) <= policy.factor,
  );
  return clear ? 'clear' : undefined;
}

/**
 * Every transition there has to be, and no other, as `firing page at 685 s`. An
 * alert fires from the first judged tick at which a pair of it holds to the
 * first at which all that held have been clear. What begins and ends between
 * two committed ticks nobody judged: that much, and no more, a down time excuses.
 */
export function storyOfRawEvents(
  document: SloDocument,
  history: History,
  ticks: readonly CommittedTick[],
): string[] {
  const raw = new RawEvents(history);
  const latched = new Set<BurnPolicy>();
  const firing = new Set<AlertKind>();
  const story: string[] = [];
  let watchedSinceS = 0;
  for (const { second, cursor, lagMs, restarted } of ticks) {
    const tell = (kind: AlertKind, fires: boolean): void => {
      if (fires === firing.has(kind)) return;
      if (fires) firing.add(kind);
      else firing.delete(kind);
      story.push(`${fires ? 'firing' : 'resolved'} ${kind} at ${second} s`);
    };
    raw.receiveUntil(cursor);
    const caughtUp = lagMs <= LAG_MS_MAX;
    if (restarted || !caughtUp) watchedSinceS = second;
    if (!caughtUp) continue;
    const silent = second - raw.lastReceiptS > SILENCE_S_MAX;
    tell('blind', silent && (firing.has('blind') || second - watchedSinceS > SILENCE_S_MAX));
    if (silent) continue;
    for (const policy of document.policies) {
      const verdict = verdictOf(raw, policy, document, second);
      if (verdict === 'holds') latched.add(policy);
      else if (verdict === 'clear') latched.delete(policy);
    }
    for (const kind of ['page', 'ticket'] as const)
      tell(
        kind,
        [...latched].some(({ severity }) => severity === kind),
      );
  }
  return story;
}
