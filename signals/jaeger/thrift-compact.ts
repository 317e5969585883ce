/**
 * Thrift's compact protocol: integers as zigzag varints, field ids as
 * differences, booleans inside the type.
 *
 *   message = 0x82:u8 (kind << 5 | 1):u8 sequence:varint name:string
 *   field   = (difference << 4 | type):u8 value | type:u8 id:zigzag value      stop = 0:u8
 *   list    = (count << 4 | type):u8 value* | (15 << 4 | type):u8 count:varint value*
 *   map     = 0:u8 | count:varint (type << 4 | type):u8 (value value)*
 *   string  = length:varint byte*            double = 8 bytes, little-endian
 */
import {
  MESSAGE_KINDS,
  ThriftReader,
  type ListHeader,
  type MapHeader,
  type MessageHeader,
  type ThriftType,
} from '#signals/jaeger/thrift.ts';

const TRUE = 1;
const FALSE = 2;

const TYPES: Readonly<Record<number, ThriftType>> = {
  1: 'bool',
  2: 'bool',
  3: 'byte',
  4: 'i16',
  5: 'i32',
  6: 'i64',
  7: 'double',
  8: 'binary',
  9: 'list',
  10: 'set',
  11: 'map',
  12: 'struct',
};

const PROTOCOL_ID = 0x82;
const VERSION = 1;

export class ThriftCompactReader extends ThriftReader {
  /** Value of the boolean field whose header was just read; elements of lists stand on their own. */
  #boolOfField: boolean | undefined;

  override message(): MessageHeader {
    if (this.#u8() !== PROTOCOL_ID) this.fail('this is not the compact protocol');
    const head = this.#u8();
    if ((head & 0x1f) !== VERSION) this.fail('a message of an unknown version');
    this.#varint();
    const name = this.binary();
    const kind = MESSAGE_KINDS[head >>> 5] ?? this.fail(`message kind ${head >>> 5} is not known`);
    return { name: String.fromCharCode(...name.subarray(0, 64)), kind };
  }

  override bool(): boolean {
    const ofField = this.#boolOfField;
    this.#boolOfField = undefined;
    return ofField ?? this.#u8() === TRUE;
  }

  override i32(): number {
    return Number(BigInt.asIntN(32, this.i64()));
  }

  override i64(): bigint {
    const value = this.#varint();
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  override double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  override binary(): Uint8Array {
    const length = this.#count();
    const offset = this.take(length);
    return this.bytes.subarray(offset, offset + length);
  }

  override list(): ListHeader {
    const head = this.#u8();
    const short = head >>> 4;
    const count = this.checkedCount(short === 15 ? this.#count() : short, 1);
    return { element: count === 0 ? 'bool' : this.#type(head & 0xf), count };
  }

  protected override map(): MapHeader {
    const count = this.checkedCount(this.#count(), 2);
    if (count === 0) return { key: 'bool', value: 'bool', count };
    const types = this.#u8();
    return { key: this.#type(types >>> 4), value: this.#type(types & 0xf), count };
  }

  protected override skipScalar(type: 'byte' | 'i16' | 'i32' | 'i64' | 'double'): void {
    if (type === 'byte') this.take(1);
    else if (type === 'double') this.take(8);
    else this.#varint();
  }

  protected override eachField(visit: (id: number, type: ThriftType) => void): void {
    let id = 0;
    for (let head = this.#u8(); head !== 0; head = this.#u8()) {
      const difference = head >>> 4;
      id = difference === 0 ? this.i32() : id + difference;
      const code = head & 0xf;
      this.#boolOfField = code === TRUE ? true : code === FALSE ? false : undefined;
      visit(id, this.#type(code));
    }
  }

  /** A length: beyond 32 bits it is wrong whatever is left. */
  #count(): number {
    const value = this.#varint();
    if (value > 0x7fff_ffffn) this.fail('a length is out of range');
    return Number(value);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return this.fail('a number is longer than ten bytes');
  }

  #u8(): number {
    return this.view.getUint8(this.take(1));
  }

  #type(code: number): ThriftType {
    return TYPES[code] ?? this.fail(`type ${code} is not known`);
  }
}
