/**
 * Samples of one series as bytes, small before the block around them is
 * compressed:
 *
 *   chunk  = count:varint flags:u8 times values [stale]
 *   times  = first:varint, then second differences, each zigzag varint
 *   values = integers: first differences, each zigzag varint        (flag bit 0)
 *          | otherwise float64 little-endian, byte planes one after another
 *   stale  = one bit a sample, little end first                      (flag bit 1)
 *
 * Times are whole milliseconds; regular scrapes give zeros, which compress to
 * almost nothing.
 */
import { invariant, present } from '#base/invariant.ts';

/** Parallel columns; `stale` is undefined when no sample is a marker. */
export interface SampleColumns {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly stale: Uint8Array | undefined;
}

const FLAG_INTEGERS = 1;
const FLAG_STALE = 2;

/** Grows as needed; the caller takes `bytes()` once at the end. */
export class ByteSink {
  #buffer = new Uint8Array(4096);
  length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.length++] = value;
  }

  /** A whole number of at most 2^53 in magnitude, small ones in few bytes. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.length++] = rest;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  #reserve(extra: number): void {
    if (this.length + extra <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + extra));
    larger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = larger;
  }
}

/** Appends the chunk of `samples` to `sink`. Times must be whole and rising. */
export function encodeChunk(samples: SampleColumns, sink: ByteSink): void {
  const { timesMs, values, stale } = samples;
  invariant(timesMs.length === values.length && timesMs.length > 0, 'columns have one length, not zero');
  const integers = allIntegers(values);
  sink.varint(values.length);
  sink.byte((integers ? FLAG_INTEGERS : 0) | (stale === undefined ? 0 : FLAG_STALE));
  encodeTimes(timesMs, sink);
  if (integers) encodeIntegers(values, sink);
  else sink.append(bytePlanes(values));
  if (stale !== undefined) sink.append(bits(stale));
}

/** Reads the chunk at `offset`. @throws InvariantError on bytes we did not write */
export function decodeChunk(bytes: Uint8Array, offset: number): SampleColumns {
  const source = new ByteSource(bytes, offset);
  const count = source.varint();
  // Each sample takes at least one byte for its time, so a count past the end is no count of ours.
  invariant(count > 0 && count <= bytes.length, 'a chunk holds as many samples as it has room for');
  const flags = source.byte();
  const timesMs = decodeTimes(source, count);
  const values =
    (flags & FLAG_INTEGERS) === 0 ? fromPlanes(source.take(count * 8), count) : decodeIntegers(source, count);
  const stale = (flags & FLAG_STALE) === 0 ? undefined : fromBits(source.take(Math.ceil(count / 8)), count);
  return { timesMs, values, stale };
}

class ByteSource {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  byte(): number {
    return present(this.#bytes[this.#offset++], 'a chunk ends where its count says');
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 8; length += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new RangeError('a varint of more than eight bytes');
  }

  zigzag(): number {
    const coded = this.varint();
    return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
  }

  take(length: number): Uint8Array {
    const from = this.#offset;
    this.#offset += length;
    invariant(this.#offset <= this.#bytes.length, 'a chunk ends where its count says');
    return this.#bytes.subarray(from, this.#offset);
  }
}

/** Whole numbers whose differences stay exact; `-0` is not whole in this sense. */
function allIntegers(values: Float64Array): boolean {
  for (const value of values) {
    if (!Number.isInteger(value) || Math.abs(value) > 2 ** 50 || Object.is(value, -0)) return false;
  }
  return true;
}

function encodeTimes(timesMs: Float64Array, sink: ByteSink): void {
  let previousMs = 0;
  let previousDelta = 0;
  for (const timeMs of timesMs) {
    const delta = timeMs - previousMs;
    sink.zigzag(delta - previousDelta);
    previousMs = timeMs;
    previousDelta = delta;
  }
}

function decodeTimes(source: ByteSource, count: number): Float64Array {
  const timesMs = new Float64Array(count);
  let timeMs = 0;
  let delta = 0;
  for (let index = 0; index < count; index += 1) {
    delta += source.zigzag();
    timeMs += delta;
    timesMs[index] = timeMs;
  }
  return timesMs;
}

function encodeIntegers(values: Float64Array, sink: ByteSink): void {
  let previous = 0;
  for (const value of values) {
    sink.zigzag(value - previous);
    previous = value;
  }
}

function decodeIntegers(source: ByteSource, count: number): Float64Array {
  const values = new Float64Array(count);
  let value = 0;
  for (let index = 0; index < count; index += 1) {
    value += source.zigzag();
    values[index] = value;
  }
  return values;
}

/** All first bytes, then all second bytes …: neighbours share sign and exponent. */
function bytePlanes(values: Float64Array): Uint8Array {
  const count = values.length;
  const view = new DataView(new ArrayBuffer(8));
  const planes = new Uint8Array(count * 8);
  for (let index = 0; index < count; index += 1) {
    view.setFloat64(0, values[index] ?? 0, true);
    for (let plane = 0; plane < 8; plane += 1) planes[plane * count + index] = view.getUint8(plane);
  }
  return planes;
}

function fromPlanes(planes: Uint8Array, count: number): Float64Array {
  const view = new DataView(new ArrayBuffer(8));
  const values = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    for (let plane = 0; plane < 8; plane += 1) view.setUint8(plane, planes[plane * count + index] ?? 0);
    values[index] = view.getFloat64(0, true);
  }
  return values;
}

function bits(stale: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(stale.length / 8));
  for (const [index, flag] of stale.entries()) {
    if (flag !== 0) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return packed;
}

function fromBits(packed: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => ((packed[index >> 3] ?? 0) >> (index & 7)) & 1);
}
