/**
 * A JSON reader over the source bytes (RFC 8259). `JSON.parse` would ruin 64-bit
 * integers, so numbers are handed out as text; nothing is built that nobody
 * asks for. Depth is limited, positions are kept for errors.
 */
import { CodedError } from '#base/errors.ts';

/** Nesting of objects and arrays; a recursive reader must end before the stack does. */
export const JSON_DEPTH_MAX = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const decoder = new TextDecoder('utf-8');
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** The first byte of a value says its kind. */
const KIND_BY_FIRST_BYTE: Readonly<Record<number, JsonKind>> = {
  0x7b: 'object',
  0x5b: 'array',
  0x22: 'string',
  0x74: 'boolean',
  0x66: 'boolean',
  0x6e: 'null',
  0x2d: 'number',
  ...Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [0x30 + digit, 'number'])),
};

export class JsonReader {
  readonly bytes: Uint8Array;
  /** Of the string scanned last: what stands between the quotes, and whether an escape is in it. */
  textStart = 0;
  textEnd = 0;
  escaped = false;
  #position = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    // A byte order mark is allowed to be ignored (RFC 8259 §8.1).
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#position = 3;
  }

  /** What stands next, without reading it. */
  peek(): JsonKind {
    this.#skipSpace();
    const byte = this.bytes[this.#position];
    if (byte === undefined) return this.fail('the text ends too early');
    return KIND_BY_FIRST_BYTE[byte] ?? this.fail('a value is expected');
  }

  /**
   * Opens an object at `first`, then goes from key to key; false behind the last.
   * The key is the string scanned last; the caller reads or skips the value.
   */
  nextKey(first: boolean): boolean {
    if (first) this.#open(0x7b);
    if (this.#closes(0x7d, first)) return false;
    if (this.peek() !== 'string') this.fail('a key in double quotes is expected');
    this.scanString();
    this.#skipSpace();
    this.#take(0x3a, 'a colon');
    return true;
  }

  /** Opens an array at `first`, then goes from element to element; false behind the last. */
  nextElement(first: boolean): boolean {
    if (first) this.#open(0x5b);
    return !this.#closes(0x5d, first);
  }

  string(): string {
    this.scanString();
    return this.text();
  }

  /** Goes past a string and remembers where it stands. */
  scanString(): void {
    this.#skipSpace();
    this.#take(QUOTE, 'a string');
    const { bytes } = this;
    this.textStart = this.#position;
    this.escaped = false;
    let at = this.#position;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) {
        this.#position = Math.min(at, bytes.length);
        this.fail(
          byte === undefined ? 'a string does not end' : 'a control character in a string must be escaped',
        );
      }
      if (byte === BACKSLASH) this.escaped = true;
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.textEnd = at;
    this.#position = at + 1;
  }

  /** The string scanned last. */
  text(): string {
    const raw = decoder.decode(this.bytes.subarray(this.textStart, this.textEnd));
    return this.escaped ? this.#unescape(raw) : raw;
  }

  /** The digits as they stand. */
  number(): string {
    this.#skipSpace();
    let end = this.#position;
    while (isNumberByte(this.bytes[end])) end += 1;
    const text = decoder.decode(this.bytes.subarray(this.#position, end));
    NUMBER.lastIndex = 0;
    if (NUMBER.exec(text)?.[0] !== text) this.fail(`${JSON.stringify(text)} is not a number`);
    this.#position = end;
    return text;
  }

  boolean(): boolean {
    this.#skipSpace();
    const value = this.bytes[this.#position] === 0x74;
    this.#word(value ? 'true' : 'false');
    return value;
  }

  null(): void {
    this.#skipSpace();
    this.#word('null');
  }

  /** Reads and forgets one value of any kind. */
  skip(): void {
    switch (this.peek()) {
      case 'object':
        for (let first = true; this.nextKey(first); first = false) this.skip();
        break;
      case 'array':
        for (let first = true; this.nextElement(first); first = false) this.skip();
        break;
      case 'string':
        this.scanString();
        if (this.escaped) this.text();
        break;
      case 'number':
        this.number();
        break;
      case 'boolean':
        this.boolean();
        break;
      case 'null':
        this.null();
        break;
    }
  }

  /** Nothing but space may follow. */
  end(): void {
    this.#skipSpace();
    if (this.#position < this.bytes.length) this.fail('something follows the end of the value');
  }

  /** @throws CodedError `PLIM_BODY_MALFORMED` with line and column */
  fail(what: string): never {
    let line = 1;
    let lineStart = 0;
    for (let at = 0; at < this.#position && at < this.bytes.length; at += 1) {
      if (this.bytes[at] !== 0x0a) continue;
      line += 1;
      lineStart = at + 1;
    }
    const column = this.#position - lineStart + 1;
    throw new CodedError(
      'PLIM_BODY_MALFORMED',
      `not valid OTLP/JSON: ${what} (line ${line}, column ${column})`,
    );
  }

  #unescape(raw: string): string {
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      return this.fail('a string has an escape that JSON does not know');
    }
  }

  #open(byte: number): void {
    this.#skipSpace();
    this.#take(byte, byte === 0x7b ? 'an object' : 'an array');
    this.#depth += 1;
    if (this.#depth > JSON_DEPTH_MAX) this.fail(`nested deeper than ${JSON_DEPTH_MAX} levels`);
  }

  /** Whether the closing bracket stands next; else the comma before an element is taken. */
  #closes(byte: number, first: boolean): boolean {
    this.#skipSpace();
    if (this.bytes[this.#position] === byte) {
      this.#position += 1;
      this.#depth -= 1;
      return true;
    }
    if (!first) this.#take(0x2c, 'a comma');
    return false;
  }

  #take(byte: number, what: string): void {
    if (this.bytes[this.#position] !== byte) this.fail(`${what} is expected`);
    this.#position += 1;
  }

  #word(word: string): void {
    for (let at = 0; at < word.length; at += 1) {
      if (this.bytes[this.#position + at] !== word.charCodeAt(at)) this.fail(`${word} is expected`);
    }
    this.#position += word.length;
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.#position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#position += 1;
    }
  }
}

/** Digits, sign, point and exponent. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x45 ||
    byte === 0x65
  );
}
