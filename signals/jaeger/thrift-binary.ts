/**
 * Thrift's binary protocol: all numbers big-endian and of fixed length.
 *
 *   message = 0x8001:u16 0:u8 kind:u8 name:string sequence:i32     strict
 *           | name:string kind:u8 sequence:i32                     old
 *   field   = type:u8 id:i16 value           stop = 0:u8
 *   list    = type:u8 count:i32 value*       map  = type:u8 type:u8 count:i32 (value value)*
 *   string  = length:i32 byte*
 */
import {
  MESSAGE_KINDS,
  ThriftReader,
  type ListHeader,
  type MapHeader,
  type MessageHeader,
  type ThriftType,
} from '#signals/jaeger/thrift.ts';

const TYPES: Readonly<Record<number, ThriftType>> = {
  2: 'bool',
  3: 'byte',
  4: 'double',
  6: 'i16',
  8: 'i32',
  10: 'i64',
  11: 'binary',
  12: 'struct',
  13: 'map',
  14: 'set',
  15: 'list',
};

const SCALAR_BYTES = { byte: 1, i16: 2, i32: 4, i64: 8, double: 8 } as const;

export class ThriftBinaryReader extends ThriftReader {
  override message(): MessageHeader {
    const first = this.i32();
    if (first >= 0) {
      const name = this.#name(first);
      return this.#header(name, this.#u8());
    }
    if (first >>> 16 !== 0x8001) this.fail('a message of an unknown version');
    return this.#header(this.#name(this.i32()), first & 0xff);
  }

  override bool(): boolean {
    return this.#u8() !== 0;
  }

  override i32(): number {
    return this.view.getInt32(this.take(4));
  }

  override i64(): bigint {
    return this.view.getBigInt64(this.take(8));
  }

  override double(): number {
    return this.view.getFloat64(this.take(8));
  }

  override binary(): Uint8Array {
    const length = this.i32();
    const offset = this.take(length);
    return this.bytes.subarray(offset, offset + length);
  }

  override list(): ListHeader {
    const element = this.#u8();
    const count = this.checkedCount(this.i32(), 1);
    // Writers may leave the type of no elements open.
    return { element: count === 0 ? 'bool' : this.#type(element), count };
  }

  protected override map(): MapHeader {
    const key = this.#u8();
    const value = this.#u8();
    const count = this.checkedCount(this.i32(), 2);
    if (count === 0) return { key: 'bool', value: 'bool', count };
    return { key: this.#type(key), value: this.#type(value), count };
  }

  protected override skipScalar(type: keyof typeof SCALAR_BYTES): void {
    this.take(SCALAR_BYTES[type]);
  }

  protected override eachField(visit: (id: number, type: ThriftType) => void): void {
    for (let type = this.#u8(); type !== 0; type = this.#u8()) {
      const known = this.#type(type);
      visit(this.view.getInt16(this.take(2)), known);
    }
  }

  /** The sequence number follows; nothing here is answered, so it does not matter. */
  #header(name: string, kindCode: number): MessageHeader {
    this.take(4);
    const kind = MESSAGE_KINDS[kindCode] ?? this.fail(`message kind ${kindCode} is not known`);
    return { name, kind };
  }

  #name(length: number): string {
    const offset = this.take(length);
    return String.fromCharCode(...this.bytes.subarray(offset, offset + Math.min(length, 64)));
  }

  #u8(): number {
    return this.view.getUint8(this.take(1));
  }

  #type(code: number): ThriftType {
    return TYPES[code] ?? this.fail(`type ${code} is not known`);
  }
}
