/**
 * Rates and lags out of counters that are told once a second: what was a few
 * looks ago is remembered, and the differences are what flows.
 */

/** The counters of the pipeline at one moment. */
export interface Look {
  readonly atMs: number;
  /** Items accepted by signal. */
  readonly accepted: Readonly<Record<string, number>>;
  readonly rows: readonly {
    readonly signal: string;
    readonly consumer: string;
    readonly accepted: number;
    readonly delivered: number;
    readonly held: number;
  }[];
  /** Of the journal. */
  readonly bytes: number;
}

/** A minute of looks, one a second, with room for a faster clock. */
export const LOOKS_MAX = 90;
/** Rates are over so long: shorter they jump, longer they hide what happens. */
export const RATE_WINDOW_MS = 10_000;

/** Counters that fall are those of another data folder: what was before says nothing about it. */
export function withLook(looks: readonly Look[], look: Look): readonly Look[] {
  const last = looks.at(-1);
  const fell =
    last !== undefined &&
    Object.entries(last.accepted).some(([signal, items]) => (look.accepted[signal] ?? 0) < items);
  if (fell) return [look];
  if (last !== undefined && look.atMs <= last.atMs) return looks;
  return [...looks, look].slice(-LOOKS_MAX);
}

/** Change of a figure a second over the last looks; null before there are two of them. */
export function rateOf(
  looks: readonly Look[],
  figure: (look: Look) => number,
  windowMs = RATE_WINDOW_MS,
): number | null {
  const last = looks.at(-1);
  if (last === undefined) return null;
  const first = looks.find(({ atMs }) => atMs >= last.atMs - windowMs);
  if (first === undefined || first === last) return null;
  return ((figure(last) - figure(first)) * 1000) / (last.atMs - first.atMs);
}

/** A picture shows so many looks, a minute of them; where there are not as many yet it begins empty. */
export const PICTURE_LOOKS = 60;

/** The same for each look with the one before, for a picture. */
export function ratesOver(
  looks: readonly Look[],
  figure: (look: Look) => number,
): readonly (number | null)[] {
  const first = looks.length - PICTURE_LOOKS;
  return Array.from({ length: PICTURE_LOOKS }, (_, index) => {
    const look = looks[first + index];
    const before = looks[first + index - 1];
    if (look === undefined || before === undefined) return null;
    return Math.max(0, ((figure(look) - figure(before)) * 1000) / (look.atMs - before.atMs));
  });
}

/** By how much a figure changed over the looks there are, a minute at most; null before there are two. */
export function changeOf(looks: readonly Look[], figure: (look: Look) => number): number | null {
  const last = looks.at(-1);
  const first = looks.find(({ atMs }) => last !== undefined && atMs >= last.atMs - 60_000);
  if (last === undefined || first === undefined || first === last) return null;
  return figure(last) - figure(first);
}

export function acceptedOf(look: Look): number {
  return Object.values(look.accepted).reduce((sum, items) => sum + items, 0);
}

/** Items a consumer has made its own, over all signals. */
export function deliveredTo(consumer: string): (look: Look) => number {
  return ({ rows }) => rows.reduce((sum, row) => sum + (row.consumer === consumer ? row.delivered : 0), 0);
}

/**
 * How old the oldest item is that a consumer has not read: the time since the last
 * look at which no more had been accepted than it has read by now. A second exact.
 *
 * @returns null when it is further behind than the looks reach back
 */
export function lagMs(looks: readonly Look[], consumer: string): number | null {
  const last = looks.at(-1);
  if (last === undefined) return null;
  const mine = last.rows.filter((row) => row.consumer === consumer);
  if (mine.every(({ held }) => held === 0)) return 0;
  const read = new Map(mine.map(({ signal, accepted, held }) => [signal, accepted - held]));
  const reached = looks.findLast(({ accepted }) =>
    [...read].every(([signal, items]) => (accepted[signal] ?? 0) <= items),
  );
  return reached === undefined ? null : last.atMs - reached.atMs;
}
