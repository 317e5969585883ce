/** Matchers as selectors of PromQL, for servers that are asked in text. Pure. */
import { isPlainLabel, quote } from '#promql/labels.ts';
import type { Matcher } from '#signals/matchers.ts';

/** Selects every series. */
const EVERYTHING: Matcher = { name: '__name__', operator: '!=', value: '' };

/** A selector has one matcher at least that no series without the label passes: one is added if need be. */
export function selectorOf(matchers: readonly Matcher[]): string {
  const isBound = matchers.some(({ operator, value }) => operator === '=' && value !== '');
  const all = isBound ? matchers : [...matchers, EVERYTHING];
  return `{${all.map(matcherText).join(',')}}`;
}

function matcherText({ name, operator, value }: Matcher): string {
  return `${isPlainLabel(name) ? name : quote(name)}${operator}${quote(value)}`;
}

/** A label name in a path: one of other characters than the classic ones is written `U__…`. */
export function pathName(name: string): string {
  if (isPlainLabel(name)) return name;
  const escaped = Array.from(name, (character) => {
    if (character === '_') return '__';
    return /[a-zA-Z0-9:]/.test(character) ? character : `_${character.codePointAt(0)?.toString(16) ?? ''}_`;
  });
  return `U__${escaped.join('')}`;
}
