/** The ranges of OTLP's severity numbers, by the names people know. */

/** Lowest first. `unset` is 0 and whatever is no number of OTLP's. */
export const SEVERITY_RANGES = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export type SeverityRange = (typeof SEVERITY_RANGES)[number];

const NUMBERS_PER_RANGE = 4;

export function severityRange(severityNumber: number): SeverityRange {
  if (!(severityNumber >= 1)) return 'unset';
  return SEVERITY_RANGES[Math.floor((severityNumber - 1) / NUMBERS_PER_RANGE) + 1] ?? 'unset';
}

/** Highest number of a range. */
export function severityNumberMax(range: SeverityRange): number {
  return SEVERITY_RANGES.indexOf(range) * NUMBERS_PER_RANGE;
}

/** Lowest number of a range. */
export function severityNumberMin(range: SeverityRange): number {
  const index = SEVERITY_RANGES.indexOf(range);
  return index === 0 ? 0 : (index - 1) * NUMBERS_PER_RANGE + 1;
}
