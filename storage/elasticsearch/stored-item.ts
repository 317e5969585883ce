/**
 * The object `plimsoll` beside the OpenTelemetry fields of a document: what our
 * reader asks by and reads back. The fields themselves would not do: JSON knows
 * no bytes and no difference between 3 and 3.0, and servers differ in how they
 * index what strangers named.
 *
 *   plimsoll = time       unix nanoseconds, start of a span; at most 2^63 - 1
 *              producer sequence ordinal    the item's id, in parts that can be sorted by
 *              tenant service
 *              pairs      `"key":value` of every scalar attribute of item, resource and scope
 *              message    body of a log record as text, in lower case, cut
 *              received   unix nanoseconds; only of log records
 *              item resource scope          their OTLP protobuf messages, base64
 */
import { createHash } from 'node:crypto';
import type { Attribute, Scope } from '#signals/model.ts';
import { valueAsText } from '#signals/value-text.ts';
import { SCOPE_NAME_KEY, SCOPE_VERSION_KEY, producerText } from '#storage/embedded/documents/core/rows.ts';
import type { JournalRecord } from '#journal/ports.ts';

/** Longer ones are indexed by their hash: a term has at most 32,766 bytes. */
const TERM_CHARS_MAX = 1000;
/** Of a log message; what is behind it is kept and read back, but not found by text. */
export const MESSAGE_CHARS_MAX = 10_000;
/** `long` is signed. */
const TIME_MAX = 2n ** 63n - 1n;

/** What is asked by instead of a text that may be too long for a term. */
export function termOf(text: string): string {
  if (text.length <= TERM_CHARS_MAX) return text;
  return `#${createHash('sha256').update(text).digest('base64url')}`;
}

/** A JSON string ends where it ends, so no key and value together look like another pair. */
export function pairTerm(key: string, value: string): string {
  return termOf(`${JSON.stringify(key)}:${value}`);
}

export function clampedTime(unixNanos: bigint): bigint {
  return unixNanos > TIME_MAX ? TIME_MAX : unixNanos;
}

/** The same of all items of one resource, or of one scope. */
export interface SharedPart {
  /** JSON strings with commas between them; empty when there is none. */
  readonly pairs: string;
  readonly base64: string;
}

export function sharedPart(attributes: readonly Attribute[], message: Uint8Array): SharedPart {
  return { pairs: pairsText(attributes), base64: base64Of(message) };
}

/** With name and version under the names Jaeger and OTel give them. */
export function scopeAttributes(scope: Scope): readonly Attribute[] {
  const text = (key: string, value: string) => ({ key, value: { kind: 'string', value } as const });
  return [text(SCOPE_NAME_KEY, scope.name), text(SCOPE_VERSION_KEY, scope.version), ...scope.attributes];
}

/** Lists and maps are not found by value. */
function pairsText(attributes: readonly Attribute[]): string {
  let text = '';
  for (const { key, value } of attributes) {
    if (value.kind === 'array' || value.kind === 'map') continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(pairTerm(key, valueAsText(value)))}`;
  }
  return text;
}

export interface StoredItem {
  readonly record: Pick<JournalRecord, 'id' | 'tenant' | 'receivedUnixNanos'>;
  readonly ordinal: number;
  readonly unixNanos: bigint;
  readonly service: string;
  readonly attributes: readonly Attribute[];
  /** Of a log record. */
  readonly message: string | undefined;
  readonly resource: SharedPart;
  readonly scope: SharedPart;
  readonly item: Uint8Array;
}

/** As JSON text. Numbers that may be wider than a double stand as texts: servers take them, parsers keep them. */
export function storedItemJson(stored: StoredItem): string {
  const { record, ordinal, unixNanos, message, resource, scope } = stored;
  const pairs = [pairsText(stored.attributes), resource.pairs, scope.pairs].filter((part) => part !== '');
  const log =
    message === undefined
      ? ''
      : `,"message":${JSON.stringify(searchable(message))},"received":"${record.receivedUnixNanos}"`;
  return (
    `{"time":"${clampedTime(unixNanos)}","producer":${JSON.stringify(producerText(record.id.node, record.id.epoch))}` +
    `,"sequence":${record.id.sequence},"ordinal":${ordinal},"tenant":${JSON.stringify(record.tenant)}` +
    `,"service":${JSON.stringify(termOf(stored.service))},"pairs":[${pairs.join(',')}]${log}` +
    `,"item":"${base64Of(stored.item)}","resource":"${resource.base64}","scope":"${scope.base64}"}`
  );
}

export function searchable(message: string): string {
  return message.slice(0, MESSAGE_CHARS_MAX).toLowerCase();
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
