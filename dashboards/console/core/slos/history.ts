/** The history of an SLO as lines of a chart: what was left of the budget, and what was counted. */

/** `GET /slos/{id}/history`. */
export interface SloHistory {
  readonly startMs: number;
  readonly stepMs: number;
  readonly good: readonly number[];
  readonly total: readonly number[];
  readonly measured: readonly number[];
}

export interface BudgetPresent {
  readonly allowedBad: number;
  readonly remainingRatio: number | null;
}

export interface BudgetLine {
  readonly timesMs: readonly number[];
  /** 1 untouched, 0 spent; null where it is overspent. */
  readonly left: readonly (number | null)[];
  /** Below 0; null where it is not overspent. */
  readonly overspent: readonly (number | null)[];
}

export interface EventLines {
  readonly timesMs: readonly number[];
  readonly good: readonly (number | null)[];
  readonly bad: readonly (number | null)[];
}

const NO_LINE: BudgetLine = { timesMs: [], left: [], overspent: [] };

/**
 * Walks back from the present: what was left at a time is what is left now plus
 * what went bad since. Where the line crosses zero it gets a point of its own,
 * so that both areas end on the load line.
 *
 * @param untilMs what comes after it is counted but not drawn
 */
export function budgetLine(
  history: SloHistory | undefined,
  { allowedBad, remainingRatio }: BudgetPresent,
  untilMs: number,
): BudgetLine {
  if (history === undefined || remainingRatio === null || !(allowedBad > 0)) return NO_LINE;
  const { startMs, stepMs, good, total } = history;
  const points: { readonly ms: number; readonly ratio: number }[] = [];
  let ratio = remainingRatio;
  const first = firstMeasured(history);
  for (let index = total.length - 1; index >= first; index -= 1) {
    points.push({ ms: startMs + (index + 1) * stepMs, ratio });
    ratio += ((total[index] ?? 0) - (good[index] ?? 0)) / allowedBad;
  }
  points.push({ ms: startMs + first * stepMs, ratio });
  return split(points.toReversed().filter(({ ms }) => ms <= untilMs + stepMs));
}

function split(points: readonly { readonly ms: number; readonly ratio: number }[]): BudgetLine {
  const timesMs: number[] = [];
  const left: (number | null)[] = [];
  const overspent: (number | null)[] = [];
  const put = (ms: number, ratio: number): void => {
    timesMs.push(ms);
    left.push(ratio >= 0 ? ratio : null);
    overspent.push(ratio <= 0 ? ratio : null);
  };
  points.forEach(({ ms, ratio }, index) => {
    const before = points[index - 1];
    if (before !== undefined && before.ratio * ratio < 0) {
      put(before.ms + (before.ratio / (before.ratio - ratio)) * (ms - before.ms), 0);
    }
    put(ms, ratio);
  });
  return { timesMs, left, overspent };
}

/** Counts of each step; where nothing was measured there is a gap, not a zero. */
export function eventLines(history: SloHistory | undefined, untilMs: number): EventLines {
  if (history === undefined) return { timesMs: [], good: [], bad: [] };
  const { startMs, stepMs, good, total, measured } = history;
  const first = firstMeasured(history);
  const last = Math.min(total.length, Math.ceil((untilMs - startMs) / stepMs));
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
  const at = (index: number, value: number): number | null => ((measured[index] ?? 0) > 0 ? value : null);
  return {
    timesMs: indexes.map((index) => startMs + index * stepMs),
    good: indexes.map((index) => at(index, good[index] ?? 0)),
    bad: indexes.map((index) => at(index, (total[index] ?? 0) - (good[index] ?? 0))),
  };
}

/** Before it there is no telemetry: a line there would say something nobody knows. */
export function firstMeasured({ total, measured }: SloHistory): number {
  const found = total.findIndex((count, index) => count > 0 || (measured[index] ?? 0) > 0);
  return found === -1 ? 0 : found;
}
