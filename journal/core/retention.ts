/** Which segments may go. Only whole segments, only from the oldest on. */

export interface RetentionSegment {
  readonly base: number;
  /** Logical end, exclusive. */
  readonly end: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Since the last record was written to it. */
  readonly ageMs: number;
}

export interface RetentionInput {
  /** Closed segments, oldest first; the one being written is not among them. */
  readonly segments: readonly RetentionSegment[];
  /** Bytes of all files, the one being written included. */
  readonly bytes: number;
  readonly bytesMax: number;
  readonly ageMinMs: number;
  readonly ageMaxMs: number;
  /** Where the slowest `refuse` consumer stands; undefined without any. */
  readonly refuseOffset: number | undefined;
  /** Where the slowest consumer of all stands; undefined without any. */
  readonly slowestOffset: number | undefined;
}

/** How many of `segments`, from the first on, are to be deleted now. */
export function segmentsToDelete(input: RetentionInput): number {
  let bytes = input.bytes;
  let count = 0;
  for (const segment of input.segments) {
    if (input.refuseOffset !== undefined && segment.end > input.refuseOffset) break;
    const isReadByAll = input.slowestOffset !== undefined && segment.end <= input.slowestOffset;
    const isDue =
      bytes > input.bytesMax ||
      segment.ageMs >= input.ageMaxMs ||
      (isReadByAll && segment.ageMs >= input.ageMinMs);
    if (!isDue) break;
    bytes -= segment.bytes;
    count += 1;
  }
  return count;
}
