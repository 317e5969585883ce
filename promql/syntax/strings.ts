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
const ESCAPE = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{3})|([\s\S]?))/gi;

/** The text of a literal with its quotes; undefined when an escape is not valid. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body;
  if (!body.includes('\\')) return body;
  if (/\\[xU]|\\[0-7]/.test(body)) return unquoteBytes(body, literal.charAt(0));
  return unescape(body, literal.charAt(0));
}

function unescape(body: string, quote: string): string | undefined {
  let valid = true;
  const text = body.replace(ESCAPE, (whole: string, ...groups: (string | undefined)[]) => {
    const [hex, short, long, octal, simple = ''] = groups;
    const code = hex ?? short ?? long;
    // The pattern ignores case for hex digits; the letter itself is case-sensitive.
    if (code !== undefined || octal !== undefined) {
      const point = code === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(code, 16);
      if (whole[1] === 'X' || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) valid = false;
      return valid ? String.fromCodePoint(point) : '';
    }
    const replacement = SIMPLE[simple];
    if (replacement === undefined || ((simple === '"' || simple === "'") && simple !== quote)) valid = false;
    return replacement ?? '';
  });
  return valid ? text : undefined;
}

/** `\x` and octal escapes are bytes of UTF-8, not characters: go through bytes. */
function unquoteBytes(body: string, quote: string): string | undefined {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let position = 0;
  for (const match of body.matchAll(ESCAPE)) {
    bytes.push(...encoder.encode(body.slice(position, match.index)));
    position = match.index + match[0].length;
    const [whole, hex, , , octal] = match;
    const byte = hex !== undefined && whole[1] === 'x' ? Number.parseInt(hex, 16) : undefined;
    const octalByte = octal === undefined ? undefined : Number.parseInt(octal, 8);
    const single = byte ?? octalByte;
    if (single === undefined) {
      const text = unescape(whole, quote);
      if (text === undefined) return undefined;
      bytes.push(...encoder.encode(text));
    } else {
      if (single > 0xff) return undefined;
      bytes.push(single);
    }
  }
  bytes.push(...encoder.encode(body.slice(position)));
  return new TextDecoder('utf-8').decode(Uint8Array.from(bytes));
}
