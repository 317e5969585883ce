/** String literals: Go's escapes in quotes, raw text in backticks. */

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]?))/g;

/** The text of a literal with its quotes; undefined when an escape is not valid. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`') || !body.includes('\\')) return body;
  // `\x` and octal escapes are bytes of UTF-8, not characters: go through bytes.
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let position = 0;
  for (const match of body.matchAll(ESCAPE)) {
    bytes.push(...encoder.encode(body.slice(position, match.index)));
    position = match.index + match[0].length;
    const escaped = escapedBytes(match, literal.charAt(0));
    if (escaped === undefined) return undefined;
    bytes.push(...escaped);
  }
  bytes.push(...encoder.encode(body.slice(position)));
  return new TextDecoder('utf-8').decode(Uint8Array.from(bytes));
}

/** What one escape stands for. */
function escapedBytes(
  [, hexByte, short, long, octal, simple = '']: readonly (string | undefined)[],
  quote: string,
): Iterable<number> | undefined {
  const byte = parseOptional(hexByte, 16) ?? parseOptional(octal, 8);
  if (byte !== undefined) return byte > 0xff ? undefined : [byte];
  const point = parseOptional(short ?? long, 16);
  const text = point === undefined ? simpleEscape(simple, quote) : characterOf(point);
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

function parseOptional(digits: string | undefined, radix: number): number | undefined {
  return digits === undefined ? undefined : Number.parseInt(digits, radix);
}

function characterOf(point: number): string | undefined {
  const isSurrogate = point >= 0xd800 && point < 0xe000;
  return point > 0x10ffff || isSurrogate ? undefined : String.fromCodePoint(point);
}

/** A quote may be escaped only in a literal of the same quotes. */
function simpleEscape(letter: string, quote: string): string | undefined {
  if ((letter === '"' || letter === "'") && letter !== quote) return undefined;
  return Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined;
}
