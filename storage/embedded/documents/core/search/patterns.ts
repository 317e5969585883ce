/** Patterns with `*` and `?`, and regular expressions, matched in time linear in text times pattern. */
import { compileRegex } from '#promql/regex.ts';
import { lowerCase } from '#signals/elasticsearch/analyzer.ts';
import type { Pattern, PatternPart, Regexp } from '#storage/document-search.ts';

export type PatternTest = (text: string) => boolean;

export function patternTest(pattern: Pattern | Regexp, ignoreCase: boolean): PatternTest {
  if (isRegexp(pattern)) return compileRegex(pattern.regexp);
  const parts = ignoreCase ? pattern.map((part) => foldPart(part)) : pattern;
  const test = withoutSteps(parts) ?? stepwise(parts);
  return ignoreCase ? (text) => test(lowerCase(text)) : test;
}

/** Of words in lower case. */
export function wordTest(pattern: Pattern | Regexp): PatternTest {
  return patternTest(isRegexp(pattern) ? pattern : pattern.map((part) => foldPart(part)), false);
}

function isRegexp(pattern: Pattern | Regexp): pattern is Regexp {
  return 'regexp' in pattern;
}

function foldPart(part: PatternPart): PatternPart {
  return typeof part === 'string' ? part : { text: lowerCase(part.text) };
}

/** The usual shapes: all, a text, a text and then anything. */
function withoutSteps(parts: Pattern): PatternTest | undefined {
  const [first, second] = parts;
  if (parts.length === 1 && first === '*') return () => true;
  if (typeof first !== 'object') return undefined;
  if (parts.length === 1) return (text) => text === first.text;
  return parts.length === 2 && second === '*' ? (text) => text.startsWith(first.text) : undefined;
}

type Step = '?' | '*' | { readonly one: string };

/** Greedy: only the last `*` is ever gone back to. */
function stepwise(parts: Pattern): PatternTest {
  const steps = parts.flatMap((part): readonly Step[] =>
    typeof part === 'string' ? [part] : Array.from(part.text, (one) => ({ one })),
  );
  return (text) => {
    const characters = Array.from(text);
    let step = 0;
    let star = -1;
    let starAt = 0;
    for (let at = 0; at < characters.length;) {
      const current = steps[step];
      if (current === '*') {
        star = step;
        starAt = at;
        step += 1;
      } else if (fits(current, characters[at])) {
        step += 1;
        at += 1;
      } else if (star >= 0) {
        step = star + 1;
        starAt += 1;
        at = starAt;
      } else {
        return false;
      }
    }
    return steps.slice(step).every((rest) => rest === '*');
  };
}

function fits(step: Step | undefined, character: string | undefined): boolean {
  if (step === '?') return true;
  return typeof step === 'object' && step.one === character;
}

/** The longest literal part: every text that matches holds it. None is known of a regular expression. */
export function literalOf(pattern: Pattern | Regexp): string {
  if (isRegexp(pattern)) return '';
  let longest = '';
  for (const part of pattern) {
    if (typeof part !== 'string' && part.text.length > longest.length) longest = part.text;
  }
  return longest;
}

/** Of the names of fields in a request: `*` alone has a meaning. */
export function namePattern(text: string): Pattern {
  const parts: PatternPart[] = [];
  for (const [at, piece] of text.split('*').entries()) {
    if (at > 0) parts.push('*');
    if (piece !== '') parts.push({ text: piece });
  }
  return parts;
}
