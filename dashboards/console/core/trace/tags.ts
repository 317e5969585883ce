/**
 * Tags as a person writes them: `http.route=/quotes carrier="Nord Kurier"`.
 *
 *     tags  = pair *( blanks pair )
 *     pair  = text "=" text          ; text is bare, or in double quotes
 *     bare  = 1*( any but blank, quote, "=" in a key )
 *
 * In quotes a backslash takes the next character as it is.
 */

export type ParsedTags =
  | { readonly kind: 'tags'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'problem'; readonly text: string };

/** Of Jaeger's API. */
const TAGS_MAX = 20;
const BLANK = /\s/;

export function parseTags(text: string): ParsedTags {
  const tags = new Map<string, string>();
  const reader = { text, at: 0 };
  for (skipBlanks(reader); reader.at < text.length; skipBlanks(reader)) {
    const key = take(reader, true);
    if (key === undefined) return problem('A quote is not closed.');
    if (text[reader.at] !== '=' || key === '')
      return problem(`Write key=value; "${key.slice(0, 40)}" has no ${key === '' ? 'key' : 'value'}.`);
    reader.at += 1;
    const value = take(reader, false);
    if (value === undefined) return problem('A quote is not closed.');
    tags.set(key, value);
  }
  if (tags.size > TAGS_MAX) return problem(`At most ${TAGS_MAX} tags.`);
  return { kind: 'tags', tags: Object.fromEntries(tags) };
}

interface Reader {
  readonly text: string;
  at: number;
}

function skipBlanks(reader: Reader): void {
  while (BLANK.test(reader.text[reader.at] ?? '')) reader.at += 1;
}

/** Undefined when a quote stays open. */
function take(reader: Reader, isKey: boolean): string | undefined {
  const { text } = reader;
  let taken = '';
  if (text[reader.at] === '"') {
    for (reader.at += 1; reader.at < text.length; reader.at += 1) {
      const character = text[reader.at];
      if (character === '"') {
        reader.at += 1;
        return taken;
      }
      if (character === '\\') reader.at += 1;
      taken += text[reader.at] ?? '';
    }
    return undefined;
  }
  for (; reader.at < text.length; reader.at += 1) {
    const character = text[reader.at] ?? '';
    if (BLANK.test(character) || (isKey && character === '=')) break;
    taken += character;
  }
  return taken;
}

function problem(text: string): ParsedTags {
  return { kind: 'problem', text };
}

/** Written so that {@link parseTags} reads the same. */
export function tagsText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${quoted(key, /[\s"=]/)}=${quoted(value, /[\s"]/)}`)
    .join(' ');
}

function quoted(text: string, special: RegExp): string {
  if (text !== '' && !special.test(text) && !text.startsWith('"')) return text;
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}

/** The tags with one more, or with another value of it. What cannot be read is replaced. */
export function withTag(text: string, key: string, value: string): string {
  const parsed = parseTags(text);
  return tagsText({ ...(parsed.kind === 'tags' ? parsed.tags : {}), [key]: value });
}
