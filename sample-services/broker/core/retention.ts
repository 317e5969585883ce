/** Which records of a topic the broker may forget. */

/** Kept although everybody has read them, for whoever wants to look. */
export const READ_RECORDS_KEPT = 1000;
/**
 * Kept at most, read or not: about two hours of a busy company, some 100 MB. A
 * group that is further behind than that loses the oldest.
 */
export const RECORDS_MAX = 250_000;

export interface TopicState {
  /** Offset the next record will get. */
  readonly nextOffset: number;
  /** Next offset of each group that has ever committed one. */
  readonly groups: readonly number[];
}

/** @returns the offset before which records may be deleted */
export function deletableBefore({ nextOffset, groups }: TopicState): number {
  // A topic nobody reads yet may have a reader who is only late to start.
  const readByAll = groups.length === 0 ? 0 : Math.min(...groups);
  return Math.max(0, readByAll - READ_RECORDS_KEPT, nextOffset - RECORDS_MAX);
}
