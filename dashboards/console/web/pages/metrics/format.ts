import type { QueryUnit } from '#dashboards/console/core/metrics/query-unit.ts';
import { formatBytes, formatNumber, formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

const FORMATS: Readonly<Record<QueryUnit['unit'], (value: number) => string>> = {
  number: formatNumber,
  'duration-ms': formatDuration,
  share: formatShare,
  rate: formatRate,
  bytes: formatBytes,
};

/** A value of a query, in the unit that was told of it. */
export function formatIn(unit: QueryUnit['unit'], value: number): string {
  return Number.isFinite(value) ? FORMATS[unit](value) : formatNumber(value);
}
