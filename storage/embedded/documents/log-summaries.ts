/** What log records are together: counts over time, common values, common messages. */
import { SEVERITY_RANGES, severityRange, type SeverityRange } from '#signals/severity.ts';
import type { LogFacets, LogFilter, LogPatterns, LogSteps, SeverityCounts } from '#storage/ports.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { FacetCounter } from '#storage/embedded/documents/core/log-facets.ts';
import { PatternCounter, type PatternRecord } from '#storage/embedded/documents/core/log-patterns.ts';
import { cutText } from '#storage/embedded/documents/core/log-template.ts';
import { itemIdOf } from '#storage/embedded/documents/core/rows.ts';
import { histogramQuery, newestQuery, resourcesQuery } from '#storage/embedded/documents/log-queries.ts';
import { isBefore, type Group, type Views } from '#storage/embedded/documents/views.ts';

/** Newest records whose values are counted; more take more than a second. */
export const FACET_RECORDS_MAX = 50_000;
/** Attributes of one record, or of one resource, as they are stored: longer ones by the thousand would not fit the memory, and are not counted. */
const ATTRIBUTES_BYTES_MAX = 8192;
/** Newest records whose messages are made templates, in the range and before it each. */
export const PATTERN_RECORDS_MAX = 20_000;
/** Of a message; what follows tells the same. */
const MESSAGE_CHARS_MAX = 1000;

interface Asked {
  readonly filter: LogFilter;
  readonly signal: AbortSignal | undefined;
}

/** Exact: every row is counted where it is. */
export async function histogram(
  views: Views,
  groups: Iterable<Group>,
  { filter, steps, signal }: Asked & { readonly steps: LogSteps },
): Promise<readonly SeverityCounts[]> {
  const counts = Array.from({ length: steps.steps }, noCounts);
  for (const { source } of groups) {
    for (const row of await views.run(histogramQuery(source, filter, steps), signal)) {
      const step = counts[Number(row['step'])];
      if (step !== undefined) step[severityRange(Number(row['severity']))] += Number(row['records']);
    }
  }
  return counts;
}

function noCounts(): Record<SeverityRange, number> {
  return Object.fromEntries(SEVERITY_RANGES.map((range) => [range, 0])) as Record<SeverityRange, number>;
}

export async function facets(
  views: Views,
  groups: readonly Group[],
  { filter, valuesMax, signal }: Asked & { readonly valuesMax: number },
): Promise<LogFacets> {
  const rows = await newest(views, groups, {
    filter,
    signal,
    // Resources are long and few: their texts are fetched once each, below.
    columns: ['service', 'severity', unlessLong('attributes'), 'hash(resource) as resource_hash'],
    rowsMax: FACET_RECORDS_MAX,
  });
  const oldest = rows.reduce((min, row) => (timeOf(row) < min ? timeOf(row) : min), filter.unixNanosMax);
  const resources = new Map<bigint, string>();
  for (const { source, bound } of groups) {
    if (rows.length === 0 || isBefore(oldest, bound, true)) break;
    const query = resourcesQuery(source, { ...filter, unixNanosMin: oldest }, ATTRIBUTES_BYTES_MAX);
    for (const row of await views.run(query, signal))
      resources.set(BigInt(row['resource_hash'] ?? 0n), String(row['resource']));
  }
  const counter = new FacetCounter();
  for (const row of rows) {
    counter.add({
      service: textOf(row, 'service'),
      severityNumber: Number(row['severity']),
      attributes: textOf(row, 'attributes'),
      resource: resources.get(BigInt(row['resource_hash'] ?? 0n)) ?? '{}',
    });
  }
  return counter.result(valuesMax);
}

function unlessLong(column: string): string {
  return `case when strlen(${column}) <= ${ATTRIBUTES_BYTES_MAX} then ${column} else '{}' end as ${column}`;
}

interface PatternPart {
  readonly filter: LogFilter;
  readonly groups: Iterable<Group>;
}

export async function patterns(
  views: Views,
  part: PatternPart,
  more: {
    readonly baseline: PatternPart | undefined;
    readonly patternsMax: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<LogPatterns> {
  const { baseline, patternsMax, signal } = more;
  const counter = new PatternCounter();
  const rows = await patternRows(views, part, ['producer', 'sequence', 'ordinal'], signal);
  for (const row of rows) counter.add({ ...patternRecord(row), id: itemIdOf(row), unixNanos: timeOf(row) });
  const before =
    baseline === undefined || rows.length === 0 ? [] : await patternRows(views, baseline, [], signal);
  for (const row of before) counter.addBaseline(patternRecord(row));
  return {
    scanned: rows.length,
    baselineScanned: before.length,
    patterns: counter.result(patternsMax),
  };
}

function patternRows(
  views: Views,
  { filter, groups }: PatternPart,
  identity: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Row[]> {
  const message = `left(message, ${MESSAGE_CHARS_MAX + 1}) as message`;
  const columns = ['service', 'severity', message, ...identity];
  return newest(views, groups, { filter, columns, rowsMax: PATTERN_RECORDS_MAX, signal });
}

function patternRecord(row: Row): Omit<PatternRecord, 'id' | 'unixNanos'> {
  return {
    service: textOf(row, 'service'),
    severityNumber: Number(row['severity']),
    message: cutText(textOf(row, 'message'), MESSAGE_CHARS_MAX),
  };
}

/** Columns of the newest rows, in no order. */
async function newest(
  views: Views,
  groups: Iterable<Group>,
  wanted: Asked & { readonly columns: readonly string[]; readonly rowsMax: number },
): Promise<readonly Row[]> {
  const { rowsMax, signal } = wanted;
  let { filter } = wanted;
  let rows: readonly Row[] = [];
  for (const { source, bound } of groups) {
    if (rows.length === rowsMax && isBefore(filter.unixNanosMin, bound, true)) break;
    const more = await views.run(newestQuery(source, filter, wanted), signal);
    rows = rows.length === 0 ? more : [...rows, ...more];
    if (rows.length < rowsMax) continue;
    rows = rows.toSorted(byTimeDown).slice(0, rowsMax);
    const last = rows.at(-1);
    // What is older than the last one kept need not be looked at.
    if (last !== undefined) filter = { ...filter, unixNanosMin: timeOf(last) };
  }
  return rows;
}

function byTimeDown(a: Row, b: Row): number {
  const [left, right] = [timeOf(a), timeOf(b)];
  return left === right ? 0 : left > right ? -1 : 1;
}

function timeOf(row: Row): bigint {
  return BigInt(row['time_ns'] ?? 0n);
}

function textOf(row: Row, column: string): string {
  const cell = row[column];
  return typeof cell === 'string' ? cell : '';
}
