/** What is shown as a file. NDJSON has all, CSV what a table can hold. */
import type { LogLine } from '#dashboards/console/core/logs/line.ts';
import { messageOf } from '#dashboards/console/core/logs/line.ts';

const COLUMNS = ['time', 'unix_nanos', 'severity', 'service', 'message', 'trace_id', 'span_id', 'attributes'];

/** A record a line, as the API tells it. */
export function toNdjson(lines: readonly LogLine[]): string {
  return lines.map(({ record }) => `${JSON.stringify(record)}\n`).join('');
}

/** RFC 4180. `time` writes milliseconds since the epoch as RFC 3339. */
export function toCsv(lines: readonly LogLine[], time: (timeMs: number) => string): string {
  const rows = lines.map(({ timeMs, unixNanos, level, service, record }) => [
    time(timeMs),
    unixNanos,
    level,
    service,
    messageOf(record),
    record.traceId ?? '',
    record.spanId ?? '',
    JSON.stringify(record.attributes),
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A spreadsheet would run a text that begins like a formula; an apostrophe makes it text. */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
