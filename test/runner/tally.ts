/** What a run came to. */

export interface Skip {
  readonly title: string;
  readonly reason: string;
}

export interface Tally {
  passed: number;
  failed: number;
  readonly skips: Skip[];
}

export function emptyTally(): Tally {
  return { passed: 0, failed: 0, skips: [] };
}

/** Adds `part` to `total`. */
export function addTally(total: Tally, part: Tally): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skips.push(...part.skips);
}

/** The one closing line; scripts read it. */
export function closingLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skips.length} skipped`;
}

/** 0 only when something ran and nothing failed. */
export function exitCodeOf(tally: Tally): 0 | 1 {
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}
