/** Text from outside made fit to be read: no escape sequences, nothing that is unseen or turns the line around. */

const ESCAPE = '\u001B';
/** CSI, OSC up to its end, and escapes of two characters (ECMA-48). */
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[ -/]*[0-Z\\\\^-~])`,
  'g',
);
const UNSEEN = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const PICTURES = 0x24_00;

/** Line ends and tabs stay; other control characters become their pictures, bidirectional ones their number. */
export function readable(text: string): string {
  return text.replaceAll(SEQUENCES, '').replaceAll(UNSEEN, (character) => {
    if (character === '\n' || character === '\t') return character;
    if (character === '\r') return '';
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(PICTURES + code);
    if (code === 0x7f) return '␡';
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** The first `charsMax` characters made readable, and how many were left out. */
export function excerpt(text: string, charsMax: number): { readonly text: string; readonly leftOut: number } {
  return {
    text: readable(text.length > charsMax ? text.slice(0, charsMax) : text),
    leftOut: Math.max(0, text.length - charsMax),
  };
}
