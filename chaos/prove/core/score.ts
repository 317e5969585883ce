/** Figures of a proof, each with the bound that its number of cases allows. */
import type { Row } from '#chaos/prove/core/match.ts';

/** A share that was counted; without cases there is no figure. */
export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly value: number | null;
  /** Lower end of the Wilson interval at 95 %: with what was seen, it is hardly less. */
  readonly lower95: number | null;
}

export interface Score {
  /** Faults that hurt users and were paged in time. */
  readonly recall: Share;
  /** Pages that were for a fault; further pages for the same fault count as neither. */
  readonly precision: Share;
  /** Detected faults whose first page named the target first. */
  readonly blameTop1: Share;
  /** Phases without harm in which nothing paged. */
  readonly quiet: Share;
  readonly secondsFromPolicy: Spread | null;
  readonly secondsFromFirstHurt: Spread | null;
  readonly efficiency: Spread | null;
  readonly resolvedAfterSeconds: Spread | null;
  readonly duplicates: number;
}

export interface Spread {
  readonly median: number;
  readonly max: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

/** @param falsePages of all phases and outside of them */
export function scoreOf(rows: readonly Row[], falsePages: number): Score {
  const detected = rows.filter(({ outcome }) => outcome === 'detected');
  const late = rows.filter(({ outcome }) => outcome === 'late');
  const missed = rows.filter(({ outcome }) => outcome === 'missed');
  const unharmed = rows.filter(({ outcome }) => outcome === 'clean' || outcome === 'false-page');
  const paged = detected.length + late.length;
  return {
    recall: shareOf(detected.length, paged + missed.length),
    precision: shareOf(paged, paged + falsePages),
    blameTop1: shareOf(detected.filter(({ blamedRight }) => blamedRight === true).length, detected.length),
    quiet: shareOf(unharmed.filter(({ outcome }) => outcome === 'clean').length, unharmed.length),
    secondsFromPolicy: spreadOf(detected.map((row) => row.secondsFromPolicy)),
    secondsFromFirstHurt: spreadOf(detected.map((row) => row.secondsFromFirstHurt)),
    efficiency: spreadOf(detected.map((row) => row.efficiency)),
    resolvedAfterSeconds: spreadOf(detected.map((row) => row.resolvedAfterSeconds)),
    duplicates: rows.reduce((sum, { duplicates }) => sum + duplicates, 0),
  };
}

export function shareOf(hits: number, of: number): Share {
  return {
    hits,
    of,
    value: of === 0 ? null : hits / of,
    lower95: of === 0 ? null : wilsonLower(hits, of),
  };
}

/** @param of above 0 */
export function wilsonLower(hits: number, of: number): number {
  const share = hits / of;
  const centre = share + Z ** 2 / (2 * of);
  const margin = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return Math.max(0, (centre - margin) / (1 + Z ** 2 / of));
}

function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const max = sorted.at(-1);
  if (max === undefined) return null;
  const half = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(half)] ?? max) + (sorted[Math.ceil(half)] ?? max)) / 2;
  return { median, max };
}
