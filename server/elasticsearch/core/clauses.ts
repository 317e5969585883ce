/** Clauses that other parsers make as well: equality, ranges and words, by the type of the field. */
import { tokenize } from '#signals/elasticsearch/analyzer.ts';
import { fixedType } from '#signals/elasticsearch/fields.ts';
import { ANY_FIELD, type Bound, type Clause, type FieldValue } from '#storage/document-search.ts';
import { dateSpan, tryDateSpan, type DateContext } from '#server/elasticsearch/core/dates.ts';
import { illegal } from '#server/elasticsearch/core/errors.ts';
import { luceneRegexp } from '#server/elasticsearch/core/lucene-regexp.ts';

export const ALL: Clause = { kind: 'all' };
export const NONE: Clause = { kind: 'none' };

export function anyOf(clauses: readonly Clause[]): Clause {
  const [first] = clauses;
  if (clauses.length === 1 && first !== undefined) return first;
  return clauses.length === 0 ? NONE : { kind: 'bool', must: [], should: clauses, mustNot: [], shouldMin: 1 };
}

export function allOf(clauses: readonly Clause[]): Clause {
  const [first] = clauses;
  if (clauses.length === 1 && first !== undefined) return first;
  return clauses.length === 0 ? ALL : { kind: 'bool', must: clauses, should: [], mustNot: [], shouldMin: 0 };
}

/** @throws ElasticError when it is not understood, or the field is neither text nor keyword */
export function regexpClause(field: string, written: string): Clause {
  const type = fixedType(field);
  if (type !== undefined && type !== 'keyword' && type !== 'text' && type !== 'constant_keyword') {
    throw illegal(
      `Can only use regexp queries on keyword and text fields, not on [${field}] of type [${type}]`,
    );
  }
  return { kind: 'pattern', field, pattern: { regexp: luceneRegexp(written) }, ignoreCase: false };
}

export function equalTo(
  field: string,
  values: readonly FieldValue[],
  ignoreCase: boolean,
  context: DateContext,
): Clause {
  if (fixedType(field) !== 'date') return { kind: 'terms', field, values, ignoreCase };
  return anyOf(values.map((value) => dateClause(field, value, context)));
}

/** A date stands for all the time it leaves open. */
function dateClause(field: string, value: FieldValue, context: DateContext): Clause {
  const { firstMs, lastMs } = dateSpan(String(value), context);
  return {
    kind: 'range',
    field,
    min: { value: firstMs, inclusive: true },
    max: { value: lastMs, inclusive: true },
  };
}

export interface WrittenRange {
  readonly gte?: FieldValue | undefined;
  readonly gt?: FieldValue | undefined;
  readonly lte?: FieldValue | undefined;
  readonly lt?: FieldValue | undefined;
}

export function rangeClause(field: string, range: WrittenRange, context: DateContext): Clause {
  const isDate = fixedType(field) === 'date';
  const bound = (
    value: FieldValue | undefined,
    inclusive: boolean,
    end: 'firstMs' | 'lastMs',
  ): Bound | undefined => {
    if (value === undefined) return undefined;
    return { inclusive, value: isDate ? dateSpan(String(value), context)[end] : value };
  };
  const min = bound(range.gte, true, 'firstMs') ?? bound(range.gt, false, 'lastMs');
  const max = bound(range.lte, true, 'lastMs') ?? bound(range.lt, false, 'firstMs');
  if (min === undefined && max === undefined) return { kind: 'exists', field };
  return { kind: 'range', field, min, max };
}

/** Undefined when the text has no word to look for. */
export function wordsClause(
  field: string,
  text: string,
  least: 'all' | number,
  context: DateContext,
): Clause | undefined {
  const type = fixedType(field);
  if (type === 'date') return dateClause(field, text, context);
  if (type === 'text' && tokenize(text).length === 0) return undefined;
  return withDates(field, text, { kind: 'words', field, text, least }, context);
}

export function phraseClause(
  field: string,
  text: string,
  { slop, lastIsPrefix }: { readonly slop: number; readonly lastIsPrefix: boolean },
  context: DateContext,
): Clause | undefined {
  const type = fixedType(field);
  if (type === 'date') return dateClause(field, text, context);
  if (type === 'text' && tokenize(text).length === 0) return undefined;
  return withDates(field, text, { kind: 'phrase', field, text, slop, lastIsPrefix }, context);
}

const DATE_FIELDS = ['@timestamp', 'observed_timestamp'];

/** Looked for in any field, what reads as a date is looked for in dates too. */
function withDates(field: string, text: string, clause: Clause, context: DateContext): Clause {
  if (field !== ANY_FIELD) return clause;
  const span = tryDateSpan(text, context);
  if (span === undefined) return clause;
  return anyOf([clause, ...DATE_FIELDS.map((one) => dateClause(one, text, context))]);
}

/** @throws ElasticError for patterns of field names other than `*` alone */
export function checkField(field: string, where: string): string {
  if (field === '') throw illegal(`[${where}] field name is null or empty`);
  if (field !== ANY_FIELD && field.includes('*')) {
    throw illegal(
      `[${where}] patterns of field names such as [${field}] are not supported; name the field or use [*]`,
    );
  }
  return field;
}
