/**
 * Questions about log records, as SQL. Records stand in one total order (time,
 * then identity), so the key of the last one of a page is where the next begins,
 * whatever was sealed, merged or added in between.
 */
import { severityNumberMin, severityNumberMax, type SeverityRange } from '#signals/severity.ts';
import type { LogKey } from '#storage/log-key.ts';
import type { LogExclusions, LogFilter, LogSteps } from '#storage/ports.ts';
import type { Arrived } from '#storage/embedded/documents/core/arrivals.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { spanKey, traceKey } from '#storage/embedded/documents/core/ids.ts';
import { Conditions, type Query } from '#storage/embedded/documents/trace-queries.ts';

/** Which rows: those of the filter and, if given, among what has arrived. */
export interface LogRows {
  readonly filter: LogFilter;
  readonly arrived?: readonly Arrived[];
}

function conditionsOf({ filter, arrived }: LogRows): Conditions {
  const conditions = new Conditions();
  conditions.add(`time_ns >= ${conditions.bind(filter.unixNanosMin)}`);
  conditions.add(`time_ns <= ${conditions.bind(filter.unixNanosMax)}`);
  if (arrived !== undefined) addArrived(conditions, arrived);
  if (filter.service !== undefined) conditions.add(`service = ${conditions.bind(filter.service)}`);
  if (filter.text !== undefined)
    conditions.add(`contains(lower(message), lower(${conditions.bind(filter.text)}))`);
  if (filter.severityNumberMin > 0)
    conditions.add(`severity >= ${conditions.bind(filter.severityNumberMin)}`);
  if (filter.traceId !== undefined) {
    const { high, low } = traceKey(filter.traceId);
    conditions.add(`trace_low = ${conditions.bind(low)} and trace_high = ${conditions.bind(high)}`);
  }
  if (filter.spanId !== undefined) conditions.add(`span_id = ${conditions.bind(spanKey(filter.spanId))}`);
  for (const [key, value] of Object.entries(filter.attributes)) conditions.addAttribute(key, value);
  if (filter.excluded !== undefined) addExclusions(conditions, filter.excluded);
  return conditions;
}

function addExclusions(
  conditions: Conditions,
  { services, texts, severities, attributes }: LogExclusions,
): void {
  const unwanted = [
    ...services.map((service) => `service = ${conditions.bind(service)}`),
    ...texts.map((text) => `contains(lower(message), lower(${conditions.bind(text)}))`),
    ...severities.map((range) => withinRange(conditions, range)),
    ...attributes.map(([key, value]) => conditions.attribute(key, value)),
  ];
  // What is null is unknown to SQL; a record without the value is to stay.
  for (const condition of unwanted) conditions.add(`(${condition}) is not true`);
}

/** Whatever is no number of OTLP's is unset. */
function withinRange(conditions: Conditions, range: SeverityRange): string {
  const min = conditions.bind(range === 'unset' ? 1 : severityNumberMin(range));
  const max = conditions.bind(severityNumberMax(range === 'unset' ? 'fatal' : range));
  return `severity ${range === 'unset' ? 'not ' : ''}between ${min} and ${max}`;
}

function addArrived(conditions: Conditions, arrived: readonly Arrived[]): void {
  const ranges = arrived.map(({ producer, after, upTo }) => {
    const [from, to] = [conditions.bind(after), conditions.bind(upTo)];
    return `(sequence > ${from} and sequence <= ${to} and producer = ${conditions.bind(producer)})`;
  });
  conditions.add(`(${ranges.join(' or ')})`);
}

/** Whole rows in their order. */
export function logsQuery(
  source: string,
  rows: LogRows,
  page: { readonly newestFirst: boolean; readonly after: LogKey | undefined; readonly rowsMax: number },
): Query {
  const conditions = conditionsOf(rows);
  if (page.after !== undefined) addAfter(conditions, page.after, page.newestFirst ? '<' : '>');
  const direction = page.newestFirst ? 'desc' : 'asc';
  const order = ['time_ns', 'producer', 'sequence', 'ordinal'].map((column) => `${column} ${direction}`);
  return {
    sql: `select * from ${source} ${conditions.where} order by ${order.join(', ')} limit ${conditions.bind(page.rowsMax)}`,
    parameters: conditions.parameters,
  };
}

/** How many there are, as `records`. */
export function logCountQuery(source: string, rows: LogRows): Query {
  const conditions = conditionsOf(rows);
  return {
    sql: `select count(*) as records from ${source} ${conditions.where}`,
    parameters: conditions.parameters,
  };
}

/** How many there are of each severity in each step: `step`, `severity`, `records`. */
export function histogramQuery(source: string, filter: LogFilter, steps: LogSteps): Query {
  const conditions = conditionsOf({ filter });
  const start = conditions.bind(steps.startUnixNanos);
  const length = conditions.bind(steps.stepNanos);
  conditions.add(`time_ns >= ${start}`);
  return {
    sql: `select (time_ns - ${start}) // ${length} as step, severity, count(*) as records
      from ${source} ${conditions.where} group by all`,
    parameters: conditions.parameters,
  };
}

/**
 * Some columns of the newest rows, and `time_ns`, in no order that matters. Of
 * rows of the very same time at the end any may be left out.
 */
export function newestQuery(
  source: string,
  filter: LogFilter,
  { columns, rowsMax }: { readonly columns: readonly string[]; readonly rowsMax: number },
): Query {
  const conditions = conditionsOf({ filter });
  const { where } = conditions;
  const last = conditions.bind(rowsMax - 1);
  const max = conditions.bind(rowsMax);
  // Times alone are sorted first: whole rows by the hundred thousand would not fit the memory.
  const oldest = `select time_ns from ${source} ${where} order by time_ns desc limit 1 offset ${last}`;
  return {
    sql: `select time_ns, ${columns.join(', ')} from ${source} ${where}
      and time_ns >= coalesce((${oldest}), 0::ubigint) order by time_ns desc limit ${max}`,
    parameters: conditions.parameters,
  };
}

/** Different resources of at most so many bytes, as `resource` with its hash `resource_hash`. */
export function resourcesQuery(source: string, filter: LogFilter, bytesMax: number): Query {
  const conditions = conditionsOf({ filter });
  conditions.add(`strlen(resource) <= ${conditions.bind(bytesMax)}`);
  return {
    sql: `select hash(resource) as resource_hash, any_value(resource) as resource
      from ${source} ${conditions.where} group by 1`,
    parameters: conditions.parameters,
  };
}

function addAfter(conditions: Conditions, after: LogKey, beyond: '<' | '>'): void {
  const time = conditions.bind(after.unixNanos);
  const producer = conditions.bind(after.producer);
  const sequence = conditions.bind(after.sequence);
  const ordinal = conditions.bind(after.ordinal);
  // The first condition alone lets DuckDB skip row groups.
  conditions.add(`time_ns ${beyond}= ${time}`);
  conditions.add(
    `(time_ns ${beyond} ${time} or producer ${beyond} ${producer}
      or (producer = ${producer} and (sequence ${beyond} ${sequence}
      or (sequence = ${sequence} and ordinal ${beyond} ${ordinal}))))`,
  );
}

export function keyOfRow(row: Row): LogKey {
  return {
    unixNanos: BigInt(row['time_ns'] ?? 0n),
    producer: String(row['producer']),
    sequence: BigInt(row['sequence'] ?? 0n),
    ordinal: Number(row['ordinal']),
  };
}
