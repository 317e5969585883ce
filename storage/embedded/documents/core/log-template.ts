/**
 * The template of a log message: what changes from one time to the next becomes
 * a placeholder, so that a thousand lines are one.
 *
 *   <str>  what stands in quotes, unless a colon follows: keys of JSON stay
 *   <ip>   an address of IPv4 or IPv6, without its port
 *   <id>   a UUID, a number after 0x, eight or more hex digits, twenty or more mixed letters and digits
 *   <num>  any other run of digits, with its fraction, exponent and sign
 */

/** A template is for reading; what tells lines apart stands at their beginning. */
export const TEMPLATE_CHARS_MAX = 300;

const HEX_GROUP = '[0-9a-fA-F]{1,4}';
const HEX_GROUPS = `${HEX_GROUP}(?::${HEX_GROUP}){0,6}`;

/** In the order of {@link Parts}; the first that fits at a place wins. */
const PARTS = [
  // Quotes left open go to the end: the message may have been cut, and giving up would cost a second look.
  String.raw`("(?:[^"\\]|\\[^])*(?:"|\\?$)|(?<!\w)'[^'\n]*'(?!\w))`,
  String.raw`((?<![0-9A-Za-z])(?:0[xX][0-9a-fA-F]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![0-9A-Za-z]))`,
  String.raw`((?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d))`,
  String.raw`((?<![\w:.])(?:(?:${HEX_GROUP}:){7}${HEX_GROUP}|(?:${HEX_GROUPS})?::(?:${HEX_GROUPS})?)(?![\w:]))`,
  String.raw`((?<![0-9A-Za-z])[0-9A-Za-z]{8,}(?![0-9A-Za-z]))`,
  String.raw`((?<![\w.])-\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?|\d+(?:[.,]\d+)*(?:[eE][+-]?\d+(?!\w))?)`,
];
const CHANGING = new RegExp(PARTS.join('|'), 'g');

/** What a place was taken for; the others are undefined. */
type Parts = readonly (string | number | undefined)[];

export function templateOf(message: string): string {
  const template = message.replace(CHANGING, (found: string, ...parts: Parts): string => {
    // After the parts comes where it was found.
    const offset = Number(parts[PARTS.length]);
    return placeholder(found, parts, message[offset + found.length]);
  });
  return cutText(template, TEMPLATE_CHARS_MAX);
}

function placeholder(found: string, parts: Parts, next: string | undefined): string {
  const [quoted, id, ip4, ip6, token] = parts;
  if (quoted !== undefined) return next === ':' ? found : '<str>';
  if (id !== undefined) return '<id>';
  if (ip4 !== undefined) return '<ip>';
  // A name such as a::b of a language is no address.
  if (ip6 !== undefined) return /\d/.test(found) ? '<ip>' : found;
  if (token !== undefined) return tokenTemplate(found);
  return '<num>';
}

const HEX = /^[0-9a-fA-F]+$/;
/** Shorter ones are names with a number in them; ids of this length are not read but copied. */
const ID_CHARS_MIN = 20;

function tokenTemplate(token: string): string {
  const hasDigit = /\d/.test(token);
  if (!hasDigit) return token;
  const hasLetter = /[A-Za-z]/.test(token);
  if (hasLetter && (HEX.test(token) || token.length >= ID_CHARS_MIN)) return '<id>';
  return token.replace(/\d+/g, '<num>');
}

/** At most `charsMax` of a text, and an ellipsis when there was more. Never half a character. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const code = text.charCodeAt(charsMax - 1);
  const isHalf = code >= 0xd800 && code < 0xdc00;
  return `${text.slice(0, isHalf ? charsMax - 1 : charsMax)}…`;
}
