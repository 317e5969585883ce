/** Words, phrases, patterns and ranges of Lucene's syntax, as clauses on one or more fields. */
import { tokenize } from '#signals/elasticsearch/analyzer.ts';
import { fixedType } from '#signals/elasticsearch/fields.ts';
import { ANY_FIELD, type Clause } from '#storage/document-search.ts';
import {
  ALL,
  allOf,
  anyOf,
  checkField,
  phraseClause,
  rangeClause,
  regexpClause,
  wordsClause,
} from '#server/elasticsearch/core/clauses.ts';
import type { DateContext } from '#server/elasticsearch/core/dates.ts';
import { wildcardPattern } from '#server/elasticsearch/core/patterns.ts';
import { queryStringError } from '#server/elasticsearch/core/query-string/error.ts';
import { unescaped } from '#server/elasticsearch/core/query-string/lexer.ts';

export interface LeafContext {
  readonly dates: DateContext;
  /** Where words without a field are looked for. */
  readonly fields: readonly string[];
  readonly defaultOperator: 'and' | 'or';
  readonly phraseSlop: number;
  readonly analyzeWildcard: boolean;
}

type Make = (field: string) => Clause | undefined;

/** In any of the fields; undefined when no field has anything to look for. */
function inFields(fields: readonly string[], make: Make): Clause | undefined {
  const clauses = fields
    .map((field) => make(checkField(field, 'query_string')))
    .filter((one) => one !== undefined);
  return clauses.length === 0 ? undefined : anyOf(clauses);
}

export function existsLeaf(field: string): Clause {
  return { kind: 'exists', field: checkField(field, 'query_string') };
}

const COMPARISON = /^(>=?|<=?)(.+)$/s;

export function wordsLeaf(text: string, fields: readonly string[], context: LeafContext): Clause | undefined {
  const comparison = COMPARISON.exec(text);
  const least = context.defaultOperator === 'and' ? 'all' : 1;
  return inFields(fields, (field) => {
    if (comparison !== null && field !== ANY_FIELD) {
      const [, sign = '', value] = comparison;
      const key = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' }[sign] ?? 'gt';
      return rangeClause(field, { [key]: value }, context.dates);
    }
    return wordsClause(field, text, least, context.dates);
  });
}

export function phraseLeaf(
  text: string,
  slop: number,
  fields: readonly string[],
  { dates }: LeafContext,
): Clause | undefined {
  return inFields(fields, (field) => phraseClause(field, text, { slop, lastIsPrefix: false }, dates));
}

export function wildcardLeaf(
  text: string,
  fields: readonly string[],
  context: LeafContext,
): Clause | undefined {
  const pattern = wildcardPattern(text);
  return inFields(fields, (field) => {
    if (pattern.length === 1 && pattern[0] === '*')
      return field === ANY_FIELD ? ALL : { kind: 'exists', field };
    const plain: Clause = { kind: 'pattern', field, pattern, ignoreCase: false };
    const [first, second] = pattern;
    const isPrefix = pattern.length === 2 && typeof first === 'object' && second === '*';
    if (!isPrefix || !context.analyzeWildcard) return plain;
    return analyzedPrefix(first.text, field, plain, context);
  });
}

/** As it stands between slashes: nothing in it is lower-cased or taken apart. */
export function regexpLeaf(text: string, fields: readonly string[]): Clause | undefined {
  const written = text.slice(1, -1);
  return inFields(fields, (field) => regexpClause(field, written));
}

/** Of the words in a prefix the last alone goes on; without any there is nothing to look for in a text. */
function analyzedPrefix(
  text: string,
  field: string,
  plain: Clause,
  { defaultOperator }: LeafContext,
): Clause | undefined {
  const isAny = field === ANY_FIELD;
  if (!isAny && fixedType(field) !== 'text') return plain;
  const words = tokenize(text).map((token) => token.text);
  const last = words.pop();
  if (last === undefined) return isAny ? plain : undefined;
  const target = isAny ? 'body.text' : field;
  const parts: readonly Clause[] = [
    ...words.map((word): Clause => ({ kind: 'words', field: target, text: word, least: 'all' })),
    { kind: 'pattern', field: target, pattern: [{ text: last }, '*'], ignoreCase: false },
  ];
  const analyzed = defaultOperator === 'and' ? allOf(parts) : anyOf(parts);
  return isAny ? anyOf([plain, analyzed]) : analyzed;
}

const RANGE =
  /^([[{])\s*("(?:[^"\\]|\\[\s\S])*"|\S+?)(?:\s+TO)?\s+("(?:[^"\\]|\\[\s\S])*"|[^\s\]}]+)\s*([\]}])$/;

export function rangeLeaf(
  text: string,
  fields: readonly string[],
  { dates }: LeafContext,
): Clause | undefined {
  const [, open, low = '*', high = '*', close] = RANGE.exec(text) ?? [];
  const [min, max] = [boundOf(low), boundOf(high)];
  return inFields(fields, (field) => {
    if (field === ANY_FIELD) throw queryStringError(text, 'a range needs a field');
    return rangeClause(
      field,
      { [open === '[' ? 'gte' : 'gt']: min, [close === ']' ? 'lte' : 'lt']: max },
      dates,
    );
  });
}

function boundOf(text: string): string | undefined {
  if (text === '*') return undefined;
  return unescaped(text.startsWith('"') ? text.slice(1, -1) : text);
}
