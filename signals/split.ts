/**
 * A body cut into several, each a body of its own kind, at the borders of
 * resources, scopes and items; what surrounds an item is repeated in each part.
 * For stores that take messages up to a size only.
 *
 *   OTLP   request = (entry = 1)*; entry = resource = 1, (scope_entry = 2)*, …
 *          scope_entry = scope = 1, (item = 2)*, …
 *   Prometheus 1.0   WriteRequest = (timeseries = 1)*, (metadata = 3)*
 *
 * Repeated fields are cut, all others of an envelope are repeated. A metric's
 * points stay together with it, and a series' samples.
 */
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, WireReader } from '#signals/otlp/wire.ts';
import type { RecordKind } from '#signals/records.ts';

export interface BodyPart {
  readonly body: Uint8Array;
  /** Of the same sort as `items` of the whole. */
  readonly items: number;
}

/** Bytes of tag and length around a message, at most. */
const HEAD_BYTES_MAX = 6;

/**
 * Parts of at most `bytesMax` bytes each, in the order of their items; undefined
 * when a single item is larger than that.
 *
 * @throws CodedError `PLIM_BODY_MALFORMED`
 */
export function splitBody(
  kind: RecordKind,
  body: Uint8Array,
  bytesMax: number,
): readonly BodyPart[] | undefined {
  try {
    return cutIntoParts(kind, body, bytesMax, () => {
      throw new TooLarge();
    });
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

export interface SplitAround {
  readonly parts: readonly BodyPart[];
  /** Larger than a part may be, and in none: metrics with all their points. */
  readonly tooLarge: readonly {
    /** Place of the first in the whole, from 0. */
    readonly ordinal: number;
    readonly items: number;
  }[];
}

/** The same, leaving out what is too large. @throws CodedError `PLIM_BODY_MALFORMED` */
export function splitAround(kind: RecordKind, body: Uint8Array, bytesMax: number): SplitAround {
  const tooLarge: { ordinal: number; items: number }[] = [];
  const parts = cutIntoParts(kind, body, bytesMax, (ordinal, items) => {
    tooLarge.push({ ordinal, items });
    return 'left-out';
  });
  return { parts: parts.filter(({ items }) => items > 0), tooLarge };
}

/** The same; what is too large is a part by itself, with what surrounds it. @throws CodedError `PLIM_BODY_MALFORMED` */
export function splitAlone(kind: RecordKind, body: Uint8Array, bytesMax: number): readonly BodyPart[] {
  return cutIntoParts(kind, body, bytesMax, () => 'alone');
}

/** Left out, unless it is to be a part by itself. */
type OnTooLarge = (ordinal: number, items: number) => 'left-out' | 'alone';

function cutIntoParts(
  kind: RecordKind,
  body: Uint8Array,
  bytesMax: number,
  onTooLarge: OnTooLarge,
): readonly BodyPart[] {
  const parts = new Parts(bytesMax, onTooLarge);
  const reader = new WireReader(body);
  // A series or an entry is field 1 of its request; a scope entry and an item field 2 of what is around them.
  const path = kind === 'prom-samples' ? [1] : [1, 2, 2];
  const count = COUNTERS[kind];
  cut(reader, { path, parts, count, level: 0 });
  return parts.finish();
}

class TooLarge extends Error {}

type Count = (reader: WireReader) => number;

/** Items in the message of the present field. */
const COUNTERS: Readonly<Record<RecordKind, Count>> = {
  'otlp-traces': () => 1,
  'otlp-logs': () => 1,
  'otlp-metrics': countPoints,
  'prom-samples': (reader) => countField(reader, 2),
};

interface Cut {
  /** Number of the field to go into, by level. */
  readonly path: readonly number[];
  readonly parts: Parts;
  readonly count: Count;
  readonly level: number;
}

/** Of the message the reader is in: first what is to be repeated, then what is to be divided. */
function cut(reader: WireReader, at: Cut): void {
  const { path, parts, level } = at;
  const { position, end } = reader;
  const inner = path[level];
  parts.open(level, around(reader, inner));
  reader.position = position;
  reader.end = end;
  let start = reader.position;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === inner && reader.type === BYTES) {
      if (level === path.length - 1) {
        parts.add(reader.bytes.subarray(start, reader.position), at.count(reader));
      } else {
        const outerEnd = enter(reader);
        cut(reader, { ...at, level: level + 1 });
        leave(reader, outerEnd);
      }
    }
    start = reader.position;
  }
}

/** All fields of the present message but the ones to divide. */
function around(reader: WireReader, inner: number | undefined): Uint8Array[] {
  const fields: Uint8Array[] = [];
  let start = reader.position;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== inner) fields.push(reader.bytes.subarray(start, reader.position));
    start = reader.position;
  }
  return fields;
}

/** Field of the parent that each level's message stands in; the request itself stands in none. */
const FIELD_OF_LEVEL = [0, 1, 2] as const;

interface Level {
  around: readonly Uint8Array[];
  /** Finished messages and items inside, of this part. */
  inner: Uint8Array[];
  bytes: number;
}

/** Collects what is cut; the levels are the open messages around the next item. */
class Parts {
  readonly #bytesMax: number;
  readonly #onTooLarge: OnTooLarge;
  readonly #done: BodyPart[] = [];
  #levels: Level[] = [];
  #items = 0;
  /** Items added or left out so far. */
  #seen = 0;

  constructor(bytesMax: number, onTooLarge: OnTooLarge) {
    this.#bytesMax = bytesMax;
    this.#onTooLarge = onTooLarge;
  }

  /** A message begins at `level`; those at and below it end. */
  open(level: number, around: readonly Uint8Array[]): void {
    this.#close(level);
    this.#levels.push({ around, inner: [], bytes: lengthOf(around) });
  }

  add(item: Uint8Array, items: number): void {
    const ordinal = this.#seen;
    this.#seen += items;
    const emptySize = this.#emptySize();
    const isTooLarge = emptySize + item.length > this.#bytesMax;
    if (isTooLarge && this.#onTooLarge(ordinal, items) === 'left-out') return;
    const size = this.#size();
    if (size > emptySize && size + item.length > this.#bytesMax) this.#cut();
    const level = this.#levels.at(-1);
    level?.inner.push(item);
    if (level !== undefined) level.bytes += item.length;
    this.#items += items;
  }

  finish(): readonly BodyPart[] {
    this.#push();
    return this.#done;
  }

  #size(): number {
    return this.#levels.reduce((sum, { bytes }) => sum + bytes + HEAD_BYTES_MAX, 0);
  }

  /** What a part of no items has around it here. */
  #emptySize(): number {
    return this.#levels.reduce((sum, { around }) => sum + lengthOf(around) + HEAD_BYTES_MAX, 0);
  }

  /** What is collected becomes a part; the same messages are open in the next. */
  #cut(): void {
    const levels = this.#levels.map(({ around }) => ({ around, inner: [], bytes: lengthOf(around) }));
    this.#push();
    this.#levels = levels;
  }

  #push(): void {
    const items = this.#items;
    this.#close(1);
    const whole = this.#levels[0];
    if (whole !== undefined) this.#done.push({ body: joined([...whole.around, ...whole.inner]), items });
    this.#levels = [];
    this.#items = 0;
  }

  /** Ends the messages at `level` and deeper, each into the one around it. */
  #close(level: number): void {
    while (this.#levels.length > level) {
      const { around, inner } = this.#levels.pop() ?? { around: [], inner: [] };
      const parent = this.#levels.at(-1);
      if (parent === undefined) return;
      const message = joined([...around, ...inner]);
      const head = headOf(FIELD_OF_LEVEL[this.#levels.length] ?? 2, message.length);
      parent.inner.push(head, message);
      parent.bytes += head.length + message.length;
    }
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function headOf(field: number, length: number): Uint8Array {
  const head = [(field << 3) | BYTES];
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  head.push(rest);
  return Uint8Array.from(head);
}

/** Field of `Metric` that is a message but holds no points. */
const METADATA = 12;

/** Points of the metric in the present field; the last data of the oneof counts, and holds its points in field 1. */
function countPoints(reader: WireReader): number {
  const inner = new WireReader(reader.bytes, reader.valueOffset, reader.valueOffset + reader.valueLength);
  let points = 0;
  for (let field = inner.next(); field !== 0; field = inner.next()) {
    if (field > 3 && field !== METADATA && inner.type === BYTES) points = countField(inner, 1);
  }
  return points;
}

function countField(reader: WireReader, wanted: number): number {
  const inner = new WireReader(reader.bytes, reader.valueOffset, reader.valueOffset + reader.valueLength);
  let count = 0;
  for (let field = inner.next(); field !== 0; field = inner.next()) if (field === wanted) count += 1;
  return count;
}
