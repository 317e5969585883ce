/**
 * The part of a cursor that belongs to one partition, as text for the metadata
 * of an offset commit, which Kafka limits (`offset.metadata.max.bytes`, 4096 by
 * default). Offset and cursor part are one value there, written in one step.
 *
 *   metadata = "1." base64(part)
 *   part     = folded:totals delivered:totals
 *              reasons:varint (length:varint utf8 dropped:totals)*
 *              nodes:varint (node:byte[16] known:totals epochs:varint (epoch:varint sequence:varint)*)*
 *              [announced:varint]
 *   totals   = varint[4], in the order of RECORD_KINDS
 *   announced = 1 + how far beyond the offset its owner has begun to work; left out
 *               by who does not tell
 *
 * Nodes are written newest first, as many as fit (all 64 that a cursor keeps, at
 * everyday sizes; some 40 of the largest); the totals of the others are folded into one, see
 * `journal/core/ledgers.ts`. A node that is written and has been forgotten by
 * then could show a record again that it wrote twice with 40 others between.
 */
import { NO_ITEMS, RECORD_KINDS, sumTotals, type Totals } from '#signals/records.ts';
import { invariant } from '#base/invariant.ts';
import { NEW_CURSOR, sumByReason } from '#journal/core/cursor.ts';
import { totalsOf } from '#journal/kafka/core/record.ts';
import type { Cursor } from '#journal/ports.ts';

/** Kafka's default limit; a broker with a lower one refuses the commit. */
export const METADATA_BYTES_MAX = 4096;
const PREFIX = '1.';
/** Base 64 takes four characters for three bytes. */
const PART_BYTES_MAX = Math.floor(((METADATA_BYTES_MAX - PREFIX.length) * 3) / 4) - 3;
const NODE_BYTES = 16;
const REASONS_MAX = 16;
const REASON_LETTERS_MAX = 20;

/**
 * What of `cursor` concerns `partition`; `delivered` and `dropped` are given as they are.
 *
 * @param announced offset before which records may have had an effect already; undefined: it is not told
 */
export function encodePart(cursor: Cursor, partition: number, announced?: number): string {
  const nodes = nodesOf(cursor, partition);
  let folded = cursor.acceptedIn[String(partition)] ?? NO_ITEMS;
  const tail = new Bytes();
  putTotals(tail, cursor.delivered);
  putDropped(tail, cursor.dropped);
  const body = new Bytes();
  let count = 0;
  // The folded totals and the count of nodes may grow by what does not fit.
  const room = PART_BYTES_MAX - tail.length - 4 * 8 - 2 - 8;
  for (const node of nodes.toReversed()) {
    const encoded = encodeNode(node);
    if (body.length + encoded.length <= room) {
      body.append(encoded);
      count += 1;
    } else {
      folded = sumTotals(folded, node.known);
    }
  }
  const part = new Bytes();
  putTotals(part, folded);
  part.append(tail);
  part.varint(count);
  part.append(body);
  if (announced !== undefined) {
    const offset = cursor.position[String(partition)] ?? 0;
    part.varint(1 + Math.max(0, announced - offset));
  }
  const text = PREFIX + part.base64();
  invariant(text.length <= METADATA_BYTES_MAX, 'a cursor part fits the metadata of a commit');
  return text;
}

/** What one commit says of its partition. */
export interface CommittedPart {
  readonly cursor: Cursor;
  /** Undefined when it does not tell. */
  readonly announced: number | undefined;
}

/** Of a partition whose next offset is `offset`; undefined for text that is not ours. */
export function decodePart(text: string, partition: number, offset: number): CommittedPart | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  try {
    return readPart(
      new Source(Uint8Array.from(atob(text.slice(PREFIX.length)), (letter) => letter.charCodeAt(0))),
      partition,
      offset,
    );
  } catch {
    return undefined;
  }
}

/** One cursor over several partitions. */
export function joinParts(parts: readonly Cursor[]): Cursor {
  return parts.reduce<Cursor>(
    (whole, part) => ({
      position: { ...whole.position, ...part.position },
      producers: { ...whole.producers, ...part.producers },
      acceptedIn: { ...whole.acceptedIn, ...part.acceptedIn },
      accepted: sumTotals(whole.accepted, part.accepted),
      delivered: sumTotals(whole.delivered, part.delivered),
      dropped: sumByReason(whole.dropped, part.dropped),
    }),
    NEW_CURSOR,
  );
}

interface Node {
  readonly node: string;
  readonly known: Totals;
  readonly epochs: readonly (readonly [epoch: number, sequence: number])[];
}

/** In the order the cursor met them. */
function nodesOf(cursor: Cursor, partition: number): readonly Node[] {
  const prefix = `${partition}/`;
  const nodes: Node[] = [];
  for (const [key, known] of Object.entries(cursor.acceptedIn)) {
    if (!key.startsWith(prefix)) continue;
    const epochs = Object.entries(cursor.producers)
      .filter(([producer]) => producer.startsWith(`${key}/`))
      .map(([producer, sequence]) => [Number(producer.slice(key.length + 1)), sequence] as const);
    nodes.push({ node: key.slice(prefix.length), known, epochs });
  }
  return nodes;
}

function encodeNode({ node, known, epochs }: Node): Bytes {
  const bytes = new Bytes();
  bytes.hex(node.replaceAll('-', ''));
  putTotals(bytes, known);
  bytes.varint(epochs.length);
  for (const [epoch, sequence] of epochs) {
    bytes.varint(epoch);
    bytes.varint(sequence);
  }
  return bytes;
}

function putTotals(bytes: Bytes, totals: Totals): void {
  for (const kind of RECORD_KINDS) bytes.varint(totals[kind]);
}

/** Reasons beyond the limit, and what is cut off long names, are summed under the last. */
function putDropped(bytes: Bytes, dropped: Readonly<Record<string, Totals>>): void {
  const short: Record<string, Totals> = {};
  for (const [reason, totals] of Object.entries(dropped)) {
    const isRoom = Object.keys(short).length < REASONS_MAX - 1;
    const name = isRoom ? reason.slice(0, REASON_LETTERS_MAX) : 'other';
    short[name] = sumTotals(short[name] ?? NO_ITEMS, totals);
  }
  bytes.varint(Object.keys(short).length);
  for (const [reason, totals] of Object.entries(short)) {
    bytes.text(reason);
    putTotals(bytes, totals);
  }
}

function readPart(source: Source, partition: number, offset: number): CommittedPart {
  const folded = source.totals();
  const delivered = source.totals();
  const dropped: Record<string, Totals> = {};
  for (let count = source.varint(); count > 0; count -= 1) dropped[source.text()] = source.totals();
  const nodes: Node[] = [];
  for (let count = source.varint(); count > 0; count -= 1) nodes.push(source.node());
  const announced = source.isAtEnd ? undefined : offset + source.varint() - 1;
  const acceptedIn: Record<string, Totals> = {};
  const producers: Record<string, number> = {};
  if (RECORD_KINDS.some((kind) => folded[kind] > 0)) acceptedIn[String(partition)] = folded;
  for (const { node, known, epochs } of nodes.toReversed()) {
    acceptedIn[`${partition}/${node}`] = known;
    for (const [epoch, sequence] of epochs) producers[`${partition}/${node}/${epoch}`] = sequence;
  }
  const accepted = Object.values(acceptedIn).reduce(sumTotals, NO_ITEMS);
  const position = { [partition]: offset };
  return { cursor: { position, producers, acceptedIn, accepted, delivered, dropped }, announced };
}

class Bytes {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  varint(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'counts are safe integers from 0');
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }

  hex(text: string): void {
    invariant(/^[0-9a-f]{32}$/.test(text), 'a node id is a lower-case uuid');
    for (let at = 0; at < text.length; at += 2) this.#bytes.push(Number.parseInt(text.slice(at, at + 2), 16));
  }

  text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.varint(encoded.length);
    this.#bytes.push(...encoded);
  }

  append(other: Bytes): void {
    this.#bytes.push(...other.#bytes);
  }

  base64(): string {
    return btoa(String.fromCharCode(...this.#bytes));
  }
}

class Source {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#take(1)[0] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  totals(): Totals {
    return totalsOf([this.varint(), this.varint(), this.varint(), this.varint()]);
  }

  text(): string {
    return new TextDecoder().decode(this.#take(this.varint()));
  }

  node(): Node {
    const hex = Array.from(this.#take(NODE_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const node = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-');
    const known = this.totals();
    const epochs: [number, number][] = [];
    for (let count = this.varint(); count > 0; count -= 1) epochs.push([this.varint(), this.varint()]);
    return { node, known, epochs };
  }

  #take(count: number): Uint8Array {
    invariant(this.#at + count <= this.#bytes.length, 'the part is whole');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
