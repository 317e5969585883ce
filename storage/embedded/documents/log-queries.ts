/**
 * Questions about log records, as SQL. Records stand in one total order (time,
 * then identity), so the key of the last one of a page is where the next begins,
 * whatever was sealed, merged or added in between.
 */
import { CodedError } from '#base/errors.ts';
import type { LogSearch } from '#storage/ports.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { traceKey } from '#storage/embedded/documents/core/ids.ts';
import { Conditions, type Query } from '#storage/embedded/documents/trace-queries.ts';

/** Place of a record in the order. */
export interface LogKey {
  readonly unixNanos: bigint;
  readonly producer: string;
  readonly sequence: bigint;
  readonly ordinal: number;
}

export function logsQuery(
  source: string,
  search: LogSearch,
  after: LogKey | undefined,
  rowsMax: number,
): Query {
  const conditions = new Conditions();
  conditions.add(`time_ns >= ${conditions.bind(search.unixNanosMin)}`);
  conditions.add(`time_ns <= ${conditions.bind(search.unixNanosMax)}`);
  if (search.service !== undefined) conditions.add(`service = ${conditions.bind(search.service)}`);
  if (search.text !== undefined)
    conditions.add(`contains(lower(message), lower(${conditions.bind(search.text)}))`);
  if (search.severityNumberMin > 0)
    conditions.add(`severity >= ${conditions.bind(search.severityNumberMin)}`);
  if (search.traceId !== undefined) {
    const { high, low } = traceKey(search.traceId);
    conditions.add(`trace_low = ${conditions.bind(low)} and trace_high = ${conditions.bind(high)}`);
  }
  for (const [key, value] of Object.entries(search.attributes)) conditions.addAttribute(key, value);
  const newestFirst = search.order === 'newest-first';
  if (after !== undefined) addAfter(conditions, after, newestFirst ? '<' : '>');
  const direction = newestFirst ? 'desc' : 'asc';
  const order = ['time_ns', 'producer', 'sequence', 'ordinal'].map((column) => `${column} ${direction}`);
  return {
    sql: `select * from ${source} ${conditions.where} order by ${order.join(', ')} limit ${conditions.bind(rowsMax)}`,
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

/** Negative when `a` comes first in rising order. Texts compare by UTF-8, as DuckDB does. */
export function compareKeys(a: LogKey, b: LogKey): number {
  return (
    compare(a.unixNanos, b.unixNanos) ||
    Buffer.compare(Buffer.from(a.producer), Buffer.from(b.producer)) ||
    compare(a.sequence, b.sequence) ||
    a.ordinal - b.ordinal
  );
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The opaque text of a page's end. */
export function keyToText(key: LogKey): string {
  const parts = [key.unixNanos, key.sequence, key.ordinal].map((part) => part.toString(36));
  return [...parts, Buffer.from(key.producer).toString('base64url')].join('.');
}

const KEY = /^([0-9a-z]{1,13})\.([0-9a-z]{1,13})\.([0-9a-z]{1,7})\.([\w-]{1,200})$/;

/** @throws CodedError `PLIM_PARAMETER` for what {@link keyToText} did not write */
export function keyFromText(text: string): LogKey {
  const [, time, sequence, ordinal, producer] = KEY.exec(text) ?? [];
  const unixNanos = parse36(time);
  const number = parse36(sequence);
  if (unixNanos === undefined || number === undefined || producer === undefined) {
    throw new CodedError('PLIM_PARAMETER', `after is not the "next" of a page: ${JSON.stringify(text)}`);
  }
  return {
    unixNanos,
    sequence: number,
    ordinal: Number.parseInt(ordinal ?? '0', 36) % 2 ** 32,
    producer: Buffer.from(producer, 'base64url').toString(),
  };
}

/** Undefined when it is no number of 64 bits. */
function parse36(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value < 2n ** 64n ? value : undefined;
}
