/**
 * Protobuf on the wire (protobuf.dev, "Encoding"):
 *
 *   message = field*
 *   field   = tag:varint value            tag = number << 3 | type
 *   value   = varint                      type 0
 *           | 8 bytes                     type 1
 *           | length:varint byte*         type 2
 *           | 4 bytes                     type 5
 *
 * The reader walks one buffer with moving bounds and makes no objects: after
 * `next()` the field's number, type and place stand in its properties. Every
 * length is checked against the enclosing message.
 */
import { CodedError } from '#base/errors.ts';

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const MESSAGE_LENGTH_MAX = 0x7fff_ffff;

export class WireReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the next field starts. */
  position: number;
  /** Where the present message ends. */
  end: number;
  /** Of the field {@link next} found. */
  field = 0;
  type = 0;
  /** For BYTES the first byte of the value and its length; else where the value stands. */
  valueOffset = 0;
  valueLength = 0;
  /** Of a VARINT: its low 53 bits as a number (exact below 2^53). */
  varint = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.end = end;
  }

  /** Goes to the next field of the present message and returns its number; 0 at its end. @throws CodedError `PLIM_BODY_MALFORMED` */
  next(): number {
    if (this.position >= this.end) {
      if (this.position > this.end) this.fail('a field runs past the end of its message');
      return 0;
    }
    const tag = this.#readVarint();
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0 || tag > 0xffff_ffff) this.fail('a field number is out of range');
    switch (this.type) {
      case VARINT:
        this.valueOffset = this.position;
        this.varint = this.#readVarint();
        this.valueLength = this.position - this.valueOffset;
        break;
      case FIXED64:
        this.#take(8);
        break;
      case BYTES:
        this.#take(this.#readVarint());
        break;
      case FIXED32:
        this.#take(4);
        break;
      default:
        this.fail(`wire type ${this.type} is not used by OTLP`);
    }
    return this.field;
  }

  /** The present field must be of `type`. */
  expect(type: number): void {
    if (this.type !== type) this.fail(`field ${this.field} has wire type ${this.type}, expected ${type}`);
  }

  /** Unsigned 64 bits of a FIXED64 value at `offset`. */
  fixed64At(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  doubleAt(offset: number): number {
    return this.#view.getFloat64(offset, true);
  }

  fixed32At(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  /** All 64 bits of the present VARINT, as signed. */
  signedVarint(): bigint {
    let value = 0n;
    for (let index = this.valueLength - 1; index >= 0; index -= 1) {
      value = (value << 7n) | BigInt((this.bytes[this.valueOffset + index] ?? 0) & 0x7f);
    }
    return BigInt.asIntN(64, value);
  }

  fail(what: string): never {
    throw new CodedError(
      'PLIM_BODY_MALFORMED',
      `not a valid protobuf message: ${what} (byte ${this.position})`,
    );
  }

  #take(length: number): void {
    if (length > MESSAGE_LENGTH_MAX || this.position + length > this.end) {
      this.fail(`field ${this.field} is ${length} bytes long, past the end of its message`);
    }
    this.valueOffset = this.position;
    this.valueLength = length;
    this.position += length;
  }

  #readVarint(): number {
    const { bytes, end } = this;
    let byte = this.position < end ? (bytes[this.position++] ?? 0) : this.fail('a number is cut off');
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let length = 2; length <= 10; length += 1) {
      byte = this.position < end ? (bytes[this.position++] ?? 0) : this.fail('a number is cut off');
      // Past 53 bits only the exact bytes count; whoever wants them reads `signedVarint`.
      if (length <= 7) value += (byte & 0x7f) * scale;
      else if (length === 8) value += (byte & 0x0f) * scale;
      scale *= 0x80;
      if (byte < 0x80) return value;
    }
    return this.fail('a number is longer than ten bytes');
  }
}
