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
import { byKey } from '#base/by-key.ts';
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

/** @param base64 of its OTLP message */
export function sharedPart(attributes: readonly Attribute[], base64: string): SharedPart {
  return { pairs: pairsText(attributes), base64 };
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
    text += text === '' ? pairJson(key, valueAsText(value)) : `,${pairJson(key, valueAsText(value))}`;
  }
  return text;
}

/** JSON of {@link pairTerm}. */
export function pairJson(key: string, value: string): string {
  const { chars, json } = startOfPair(key);
  return chars + value.length > TERM_CHARS_MAX
    ? JSON.stringify(pairTerm(key, value))
    : `${json}${JSON.stringify(value).slice(1)}`;
}

interface PairStart {
  /** Of `"key":`. */
  readonly chars: number;
  /** The same in JSON, with the quote before it. */
  readonly json: string;
}

const startOfPair = byKey((key): PairStart => {
  const text = `${JSON.stringify(key)}:`;
  return { chars: text.length, json: JSON.stringify(text).slice(0, -1) };
});

/** The same of all items of one record. */
export interface RecordPart {
  /** Fields as JSON. */
  readonly identity: string;
  readonly receivedUnixNanos: bigint;
}

export function recordPart(record: Pick<JournalRecord, 'id' | 'tenant' | 'receivedUnixNanos'>): RecordPart {
  const { id, tenant, receivedUnixNanos } = record;
  const producer = JSON.stringify(producerText(id.node, id.epoch));
  const identity = `"producer":${producer},"sequence":${id.sequence},"tenant":${JSON.stringify(tenant)}`;
  return { identity, receivedUnixNanos };
}

export interface StoredItem {
  readonly record: RecordPart;
  readonly ordinal: number;
  readonly unixNanos: bigint;
  readonly service: string;
  readonly attributes: readonly Attribute[];
  /** Of a log record. */
  readonly message: string | undefined;
  readonly resource: SharedPart;
  readonly scope: SharedPart;
  /** Base64 of its OTLP message. */
  readonly item: string;
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
    `{"time":"${clampedTime(unixNanos)}",${record.identity},"ordinal":${ordinal}` +
    `,"service":${JSON.stringify(termOf(stored.service))},"pairs":[${pairs.join(',')}]${log}` +
    `,"item":"${stored.item}","resource":"${resource.base64}","scope":"${scope.base64}"}`
  );
}

export function searchable(message: string): string {
  return message.slice(0, MESSAGE_CHARS_MAX).toLowerCase();
}
