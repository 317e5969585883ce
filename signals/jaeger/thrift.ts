/**
 * What both Thrift protocols have in common: a struct is a run of numbered,
 * typed fields up to a stop; containers say how many elements follow.
 *
 *   struct = field* stop          field = id type value
 *   list   = type count value*    map   = type type count (value value)*
 *
 * The reader walks one buffer and checks every length against what is left of
 * it. Each element takes a byte at least, so no count can promise more than the
 * bytes there are. Unknown fields are skipped, up to a depth.
 */
import { CodedError } from '#base/errors.ts';

export type ThriftType =
  | 'bool'
  | 'byte'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'double'
  | 'binary'
  | 'struct'
  | 'list'
  | 'set'
  | 'map';

export interface ListHeader {
  readonly element: ThriftType;
  readonly count: number;
}

export interface MapHeader {
  readonly key: ThriftType;
  readonly value: ThriftType;
  readonly count: number;
}

export interface MessageHeader {
  readonly name: string;
  readonly kind: 'call' | 'reply' | 'exception' | 'oneway';
}

/** Structs and containers inside each other; Jaeger's own nest 5 deep. */
const DEPTH_MAX = 64;

export const MESSAGE_KINDS: Readonly<Record<number, MessageHeader['kind']>> = {
  1: 'call',
  2: 'reply',
  3: 'exception',
  4: 'oneway',
};

/** All methods throw CodedError `PLIM_BODY_MALFORMED`, and nothing else. */
export abstract class ThriftReader {
  readonly bytes: Uint8Array;
  protected readonly view: DataView;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  abstract message(): MessageHeader;
  abstract bool(): boolean;
  abstract i32(): number;
  abstract i64(): bigint;
  abstract double(): number;
  /** A view of the bytes of a string or of binary data. */
  abstract binary(): Uint8Array;
  abstract list(): ListHeader;
  protected abstract map(): MapHeader;
  protected abstract skipScalar(type: 'byte' | 'i16' | 'i32' | 'i64' | 'double'): void;
  /** Runs through the fields; `visit` says whether it has read the value. */
  protected abstract eachField(visit: (id: number, type: ThriftType) => void): void;

  /** Reads a struct; what `take` leaves (returns false for) is skipped. */
  struct(take: (id: number, type: ThriftType) => boolean): void {
    this.eachField((id, type) => {
      if (!take(id, type)) this.#skip(type, 1);
    });
  }

  fail(what: string): never {
    throw new CodedError('PLIM_BODY_MALFORMED', `not valid Thrift: ${what} (byte ${this.position})`);
  }

  /** Takes `count` bytes and returns where they begin. */
  protected take(count: number): number {
    if (count < 0 || this.position + count > this.bytes.length) {
      this.fail(`a value of ${count} bytes runs past the end`);
    }
    const offset = this.position;
    this.position += count;
    return offset;
  }

  /** A count of elements that need `bytesEach` at least. */
  protected checkedCount(count: number, bytesEach: number): number {
    if (count < 0 || count * bytesEach > this.bytes.length - this.position) {
      this.fail(`a container of ${count} elements runs past the end`);
    }
    return count;
  }

  #skip(type: ThriftType, depth: number): void {
    if (depth > DEPTH_MAX) this.fail(`values nest more than ${DEPTH_MAX} deep`);
    if (type === 'struct') this.eachField((_, inner) => this.#skip(inner, depth + 1));
    else if (type === 'list' || type === 'set') this.#skipList(depth);
    else if (type === 'map') this.#skipMap(depth);
    else if (type === 'bool') this.bool();
    else if (type === 'binary') this.binary();
    else this.skipScalar(type);
  }

  #skipList(depth: number): void {
    const { element, count } = this.list();
    for (let index = 0; index < count; index += 1) this.#skip(element, depth + 1);
  }

  #skipMap(depth: number): void {
    const { key, value, count } = this.map();
    for (let index = 0; index < count; index += 1) {
      this.#skip(key, depth + 1);
      this.#skip(value, depth + 1);
    }
  }
}
