/**
 * Some attributes of many messages, without an object for each: keys are
 * compared as bytes, and only values asked for become text.
 */
import { decodeValue, scalarText } from '#signals/otlp/attributes.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, WireReader } from '#signals/otlp/wire.ts';

/** A label is no place for more text than this; what is longer is cut. */
export const LABEL_CHARS_MAX = 1024;

export function cutLabel(text: string): string {
  return text.length <= LABEL_CHARS_MAX ? text : text.slice(0, LABEL_CHARS_MAX);
}

export class AttributeFinder {
  /** By key, in the order of the keys; undefined when it is not set or no scalar. */
  readonly values: (string | undefined)[];
  readonly #keys: readonly Uint8Array[];

  constructor(keys: readonly string[]) {
    const encoder = new TextEncoder();
    this.#keys = keys.map((key) => encoder.encode(key));
    this.values = keys.map(() => undefined);
  }

  clear(): void {
    this.values.fill(undefined);
  }

  /**
   * Sets what it finds in the message at `offset`, and leaves the rest as it was.
   *
   * @param field 9 in `Span`, 1 in `Resource`
   */
  find(body: Uint8Array, message: { readonly offset: number; readonly length: number }, field: number): void {
    if (this.#keys.length === 0) return;
    const reader = new WireReader(body, message.offset, message.offset + message.length);
    for (let found = reader.next(); found !== 0; found = reader.next()) {
      if (found === field && reader.type === BYTES) this.#readPair(reader);
    }
  }

  /** `KeyValue`: key = 1, value = 2. */
  #readPair(reader: WireReader): void {
    const outerEnd = enter(reader);
    let key = -1;
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (reader.type !== BYTES) continue;
      if (field === 1) key = this.#keyAt(reader.bytes, reader.valueOffset, reader.valueLength);
      else if (field === 2 && key >= 0) this.#readValue(reader, key);
    }
    leave(reader, outerEnd);
  }

  #readValue(reader: WireReader, key: number): void {
    const outerEnd = enter(reader);
    const text = scalarText(decodeValue(reader, 0));
    if (text !== undefined) this.values[key] = cutLabel(text);
    leave(reader, outerEnd);
  }

  #keyAt(body: Uint8Array, offset: number, length: number): number {
    return this.#keys.findIndex((key) => key.length === length && isAt(key, body, offset));
  }
}

/** Whether the bytes stand in `body` at `offset`. */
export function isAt(bytes: Uint8Array, body: Uint8Array, offset: number): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== body[offset + at]) return false;
  return true;
}
