/**
 * Protobuf bytes in one buffer that grows. A nested message is written in place:
 * one byte is kept free for its length, and the message moves up if the length
 * turns out to need more. So no level makes a buffer of its own.
 */
import { BYTES } from '#signals/otlp/wire.ts';

const FIRST_BYTES = 4096;
/** Shorter runs are copied byte by byte: a `set` costs more than they do. */
const SHORT_RUN = 32;

export class ProtobufSink {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  tag(field: number, type: number): void {
    this.varint((field << 3) | type);
  }

  /** `value` in 0 … 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Up to 2^53 either way; negative numbers take ten bytes. */
  integer(value: number): void {
    if (value >= 0) this.varint(value);
    else this.varint64(BigInt(value));
  }

  /** 64 bits; negative numbers take ten bytes. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, value), true);
    this.#length += 8;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** The bytes from `start` to `end` of `source`. */
  append(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    this.#reserve(count);
    if (count > SHORT_RUN) {
      this.#bytes.set(source.subarray(start, end), this.#length);
      this.#length += count;
      return;
    }
    for (let at = start; at < end; at += 1) this.#bytes[this.#length++] = source[at] ?? 0;
  }

  /** Begins a field with a length; give the result to {@link close}. */
  open(field: number): number {
    this.tag(field, BYTES);
    this.#reserve(1);
    this.#length += 1;
    return this.#length;
  }

  /** Writes the length of what came since {@link open}. */
  close(start: number): void {
    const count = this.#length - start;
    if (count < 0x80) {
      this.#bytes[start - 1] = count;
      return;
    }
    const more = lengthBytes(count) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, this.#length);
    this.#length = start - 1;
    this.varint(count);
    this.#length += count;
  }

  /** Takes the bytes from `start` to `end` out again; what follows moves down. */
  remove(start: number, end: number): void {
    this.#bytes.copyWithin(start, end, this.#length);
    this.#length -= end - start;
  }

  /** All that was written. The sink is used up. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
