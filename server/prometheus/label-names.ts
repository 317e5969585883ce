/** Label names in a path: UTF-8 names come escaped as `U__…`. */

const PREFIX = 'U__';

/**
 * The name behind its escaped form: `__` is an underscore, `_2e_` the character
 * with that code point. What is not escaped, or not well, is the name itself.
 */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith(PREFIX)) return name;
  const body = name.slice(PREFIX.length);
  if (!/^(?:[^_]|__|_[\da-fA-F]{1,6}_)*$/.test(body)) return name;
  const points = [...body.matchAll(/_([\da-fA-F]+)_/g)].map(([, hex = '']) => Number.parseInt(hex, 16));
  if (points.some((point) => point > 0x10ffff || (point >= 0xd800 && point < 0xe000))) return name;
  return body.replace(/__|_([\da-fA-F]+)_/g, (whole, hex: string) =>
    whole === '__' ? '_' : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}
