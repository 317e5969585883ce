/**
 * Checks every field OTLP knows, down to the last attribute, against its wire
 * type and the depth limit. What passes here no reader of this room refuses: a
 * record that consumers choke on must never get past the door. Unknown fields
 * pass, whatever they hold.
 *
 * The tables come from the one list of fields in `json-schema.ts`, flattened so
 * that the walk costs two array reads a field.
 */
import { invariant, present } from '#base/invariant.ts';
import { VALUE_DEPTH_MAX } from '#signals/otlp/attributes.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import {
  LIST_MESSAGES,
  LOGS_REQUEST,
  METRICS_REQUEST,
  TRACES_REQUEST,
  type JsonField,
  type MessageSchema,
} from '#signals/otlp/json-schema.ts';
import { BYTES, FIXED32, FIXED64, VARINT, type WireReader } from '#signals/otlp/wire.ts';

/** A message type: its row in the tables. */
export type Message = number;

/** Field numbers of OTLP stay below this; greater ones are unknown to us. */
const FIELDS_MAX = 32;
const VARINT_LENGTH_MAX = 10;

/** Reaches past the end of every body: the doors allow none near it. */
const NEVER = 0x3fff_ffff;

/** What a field must look like. Wire types are 0 to 5; these go on from there. */
const UNKNOWN = 255;
const MESSAGE = 10;
const PACKABLE_VARINT = 11;
const PACKABLE_FIXED64 = 12;
/** Bytes, but the fast lane stops at them: the door looks at ids. */
const ID = 13;

const SINGLE: Readonly<Record<Exclude<JsonField['type'], MessageSchema>, number>> = {
  string: BYTES,
  base64: BYTES,
  hex: ID,
  fixed32: FIXED32,
  double: FIXED64,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  bool: VARINT,
  uint32: VARINT,
  int32: VARINT,
  sint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
};

const rows = new Map<MessageSchema, Message>();
const expected: number[] = [];
const children: Message[] = [];
/** 1 for `ArrayValue` and `KeyValueList`: each is one level of {@link VALUE_DEPTH_MAX}. */
const levels: number[] = [];
for (const request of [TRACES_REQUEST, LOGS_REQUEST, METRICS_REQUEST]) compile(request);

const EXPECTED = Uint8Array.from(expected);
const CHILDREN = Uint8Array.from(children);
const LEVELS = Uint8Array.from(levels);

function compile(schema: MessageSchema): Message {
  const known = rows.get(schema);
  if (known !== undefined) return known;
  const row = rows.size;
  rows.set(schema, row);
  for (let field = 0; field < FIELDS_MAX; field += 1) {
    expected.push(UNKNOWN);
    children.push(0);
  }
  levels.push(LIST_MESSAGES.has(schema) ? 1 : 0);
  for (const field of schema.fields()) {
    invariant(field.number < FIELDS_MAX, 'the table has a column for every field number');
    const cell = row * FIELDS_MAX + field.number;
    expected[cell] = expectation(field);
    if (typeof field.type === 'object') children[cell] = compile(field.type);
  }
  return row;
}

function expectation({ type, repeated }: JsonField): number {
  if (typeof type === 'object') return MESSAGE;
  const single = SINGLE[type];
  if (!repeated) return single;
  if (single === VARINT) return PACKABLE_VARINT;
  return single === FIXED64 ? PACKABLE_FIXED64 : single;
}

/** The message type one gets to from a request along JSON names. */
export function messageAt(request: MessageSchema, ...names: readonly string[]): Message {
  let schema = request;
  for (const name of names) {
    const type = schema.fields().find((field) => field.name === name)?.type;
    invariant(typeof type === 'object', `${name} is a message`);
    schema = type;
  }
  return present(rows.get(schema), 'every message was compiled');
}

/** The message type of `field`; undefined when that is no message. */
export function childOf(message: Message, field: number): Message | undefined {
  const cell = message * FIELDS_MAX + field;
  return field < FIELDS_MAX && EXPECTED[cell] === MESSAGE ? CHILDREN[cell] : undefined;
}

/** The rest of the message the reader stands in. @throws CodedError `PLIM_BODY_MALFORMED` */
export function checkMessage(reader: WireReader, message: Message, depth = 0): void {
  const level = LEVELS[message] ?? 0;
  if (level === 1 && depth >= VALUE_DEPTH_MAX) {
    reader.fail(`a value is nested deeper than ${VALUE_DEPTH_MAX} levels`);
  }
  while (nextNotable(reader, message) !== 0) checkField(reader, message, depth + level);
}

/** Like `reader.next()`, but goes past fields that are plainly right and no ids. */
export function nextNotable(reader: WireReader, message: Message): number {
  invariant(reader.end < NEVER, 'a body is far below 1 GiB');
  reader.position = skipPlainFields(reader.bytes, reader.position, reader.end, message);
  return reader.next();
}

/**
 * The fast lane, about twice as fast as the reader: goes past fields that have
 * a tag of one byte, are short and are as expected. It may stop early, never
 * late, so that {@link checkField} alone decides what is wrong. It only enters
 * messages below 128 bytes; so looking at one again, which a stop inside means,
 * stays cheap.
 */
function skipPlainFields(bytes: Uint8Array, start: number, end: number, message: Message): number {
  const row = message * FIELDS_MAX;
  let at = start;
  while (at + 2 <= end) {
    const tag = bytes[at] ?? 0;
    const type = tag & 7;
    if (tag >= 0x80) return at;
    const next = at + plainLength(type, bytes[at + 1] ?? 0);
    const cell = row + (tag >>> 3);
    const expectation = EXPECTED[cell];
    if (expectation === MESSAGE) {
      if (type !== BYTES || next > end || !isPlain(bytes, at + 2, next, CHILDREN[cell] ?? 0)) return at;
    } else if (expectation !== type || next > end) {
      return at;
    }
    at = next;
  }
  return at;
}

/** Bytes of a field, from its tag on; more than any message has when `second`, the byte behind the tag, goes on. */
function plainLength(type: number, second: number): number {
  if (type === FIXED64) return 9;
  if (type === FIXED32) return 5;
  if (second >= 0x80) return NEVER;
  return type === BYTES ? 2 + second : 2;
}

function isPlain(bytes: Uint8Array, start: number, end: number, message: Message): boolean {
  return LEVELS[message] === 0 && skipPlainFields(bytes, start, end, message) === end;
}

/**
 * The present field, as one of `message`.
 *
 * @param depth lists of values around it
 * @throws CodedError `PLIM_BODY_MALFORMED`
 */
export function checkField(reader: WireReader, message: Message, depth = 0): void {
  if (reader.field >= FIELDS_MAX) return;
  const cell = message * FIELDS_MAX + reader.field;
  const type = EXPECTED[cell] ?? UNKNOWN;
  if (type === reader.type || type === UNKNOWN) return;
  if (type === MESSAGE) {
    const outerEnd = enter(reader);
    checkMessage(reader, CHILDREN[cell] ?? 0, depth);
    leave(reader, outerEnd);
  } else if (type === PACKABLE_FIXED64) {
    checkPackedFixed64(reader);
  } else if (type === PACKABLE_VARINT) {
    checkPackedVarints(reader);
  } else {
    reader.expect(type === ID ? BYTES : type);
  }
}

function checkPackedFixed64(reader: WireReader): void {
  if (reader.type === FIXED64) return;
  reader.expect(BYTES);
  if (reader.valueLength % 8 !== 0) reader.fail('a packed list of 8-byte values ends within a value');
}

function checkPackedVarints(reader: WireReader): void {
  if (reader.type === VARINT) return;
  reader.expect(BYTES);
  const end = reader.valueOffset + reader.valueLength;
  let open = 0;
  for (let at = reader.valueOffset; at < end; at += 1) {
    open = (reader.bytes[at] ?? 0) < 0x80 ? 0 : open + 1;
    if (open === VARINT_LENGTH_MAX) reader.fail('a number is longer than ten bytes');
  }
  if (open > 0) reader.fail('a packed list of numbers ends within a number');
}
