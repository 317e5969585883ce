/**
 * The order of log records in pages: by time, then by identity, which is total. The
 * key of the last record of a page is where the next one begins.
 */
import { CodedError } from '#base/errors.ts';

/** Place of a record in the order. */
export interface LogKey {
  readonly unixNanos: bigint;
  readonly producer: string;
  readonly sequence: bigint;
  readonly ordinal: number;
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
