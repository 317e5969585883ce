/** Patterns with `*` and `?` as requests write them; a backslash takes the meaning away. */
import type { Pattern, PatternPart } from '#storage/document-search.ts';
import { illegal } from '#server/elasticsearch/core/errors.ts';

/** Stars in one pattern: more cost time and mean nothing. */
const STEPS_MAX = 100;

export function wildcardPattern(text: string): Pattern {
  const parts: PatternPart[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push({ text: literal });
    literal = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) {
      at += 1;
      literal += text.charAt(at);
    } else if (character === '*' || character === '?') {
      flush();
      if (character === '?' || parts.at(-1) !== '*') parts.push(character);
    } else {
      literal += character;
    }
  }
  flush();
  if (parts.length > STEPS_MAX) throw illegal(`a pattern has more than ${STEPS_MAX} parts`);
  return parts;
}

/** An empty prefix is that of everything. */
export function prefixPattern(text: string): Pattern {
  return text === '' ? ['*'] : [{ text }, '*'];
}
