/** Query clauses of the search API, as the stores understand them. */
import { fixedType } from '#signals/elasticsearch/fields.ts';
import type { Clause, FieldValue } from '#storage/document-search.ts';
import {
  ALL,
  allOf,
  checkField,
  equalTo,
  NONE,
  phraseClause,
  rangeClause,
  regexpClause,
  wordsClause,
} from '#server/elasticsearch/core/clauses.ts';
import { dateFormatOf, type DateContext } from '#server/elasticsearch/core/dates.ts';
import { parsing } from '#server/elasticsearch/core/errors.ts';
import { prefixPattern, wildcardPattern } from '#server/elasticsearch/core/patterns.ts';
import { parseQueryString } from '#server/elasticsearch/core/query-string/parser.ts';
import {
  booleanAt,
  isObject,
  listAt,
  manyAt,
  objectAt,
  onlyEntry,
  onlyKeys,
  orElse,
  scalarAt,
  textAt,
  wholeAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';

/** As `indices.query.bool.max_clause_count` is at its least. */
const CLAUSES_MAX = 1024;
const DEPTH_MAX = 20;
/** Values in one `terms`. */
const TERMS_MAX = 10_000;
const IDS_MAX = 10_000;
const SLOP_MAX = 1000;

export interface QueryContext {
  readonly nowMs: number;
}

/** @throws ElasticError, as all below */
export function parseQuery(query: unknown, { nowMs }: QueryContext): Clause {
  return new QueryParser({ nowMs }).parse(query, 0);
}

type Parse = (body: unknown, depth: number) => Clause;

class QueryParser {
  readonly #dates: DateContext;
  #clauses = 0;

  constructor(dates: DateContext) {
    this.#dates = dates;
  }

  parse(query: unknown, depth: number): Clause {
    if (depth > DEPTH_MAX) throw parsing(`the query is nested more than ${DEPTH_MAX} deep`);
    this.#clauses += 1;
    if (this.#clauses > CLAUSES_MAX) throw parsing(`the query has more than ${CLAUSES_MAX} clauses`);
    const [name, body] = onlyEntry(query, 'query');
    const parse = Object.hasOwn(this.#parsers, name) ? this.#parsers[name] : undefined;
    if (parse === undefined) throw parsing(`unknown query [${name}]: it is not supported here`);
    return parse(body, depth);
  }

  readonly #parsers: Readonly<Record<string, Parse>> = {
    match_all: (body) => {
      onlyKeys(objectAt(body, 'match_all'), ['boost', '_name'], 'match_all');
      return ALL;
    },
    match_none: () => NONE,
    bool: (body, depth) => this.#bool(objectAt(body, 'bool'), depth),
    constant_score: (body, depth) => {
      const options = objectAt(body, 'constant_score');
      onlyKeys(options, ['filter', 'boost', '_name'], 'constant_score');
      return this.parse(options['filter'], depth + 1);
    },
    exists: (body) => {
      const options = objectAt(body, 'exists');
      onlyKeys(options, ['field', 'boost', '_name'], 'exists');
      return { kind: 'exists', field: checkField(textAt(options['field'], 'exists'), 'exists') };
    },
    ids: (body) => {
      const options = objectAt(body, 'ids');
      onlyKeys(options, ['values', 'boost', '_name'], 'ids');
      const ids = manyAt(options['values']).map((id) => textAt(id, 'ids'));
      if (ids.length > IDS_MAX) throw parsing(`[ids] has more than ${IDS_MAX} values`);
      return { kind: 'ids', ids };
    },
    term: (body) => this.#term(body),
    terms: (body) => this.#terms(objectAt(body, 'terms')),
    range: (body) => this.#range(body),
    prefix: (body) => {
      const { field, value, options } = fieldOptions(body, 'prefix', 'value', [
        'case_insensitive',
        'rewrite',
      ]);
      return pattern(field, prefixPattern(textAt(value, 'prefix')), options, 'prefix');
    },
    wildcard: (body) => {
      const keys = ['wildcard', 'case_insensitive', 'rewrite'];
      const { field, value, options } = fieldOptions(body, 'wildcard', 'value', keys);
      const text = textAt(value ?? options['wildcard'], 'wildcard');
      return pattern(field, wildcardPattern(text), options, 'wildcard');
    },
    regexp: (body) => {
      const { field, value, options } = fieldOptions(body, 'regexp', 'value', ['flags', 'rewrite']);
      const flags = orElse(options['flags'], 'ALL', (one) => textAt(one, 'regexp'));
      if (flags !== 'ALL') throw parsing(`[regexp] flags [${flags}] is not supported`);
      return regexpClause(field, textAt(value, 'regexp'));
    },
    match: (body) => this.#match(body),
    match_phrase: (body) => this.#phrase(body, 'match_phrase'),
    match_phrase_prefix: (body) => this.#phrase(body, 'match_phrase_prefix'),
    query_string: (body) => this.#queryString(objectAt(body, 'query_string')),
  };

  #bool(options: JsonObject, depth: number): Clause {
    const known = [
      'must',
      'filter',
      'should',
      'must_not',
      'minimum_should_match',
      'boost',
      '_name',
      'adjust_pure_negative',
    ];
    onlyKeys(options, known, 'bool');
    const all = (key: string): readonly Clause[] =>
      orElse<readonly Clause[]>(options[key], [], (value) =>
        manyAt(value).map((one) => this.parse(one, depth + 1)),
      );
    const must = [...all('must'), ...all('filter')];
    const [should, mustNot] = [all('should'), all('must_not')];
    const usual = must.length === 0 && should.length > 0 ? 1 : 0;
    const shouldMin = orElse(options['minimum_should_match'], usual, (value) =>
      leastOf(value, should.length, 'bool'),
    );
    if (should.length === 0 && mustNot.length === 0 && (shouldMin === 0 || must.length === 0))
      return allOf(must);
    // Only what must not hold: Elasticsearch forgets the number where it puts everything beside it.
    if (should.length === 0 && must.length === 0)
      return { kind: 'bool', must, should, mustNot, shouldMin: 0 };
    // Without anything that must hold, one of `should` has to, whatever is asked for.
    return { kind: 'bool', must, should, mustNot, shouldMin: Math.max(usual, shouldMin) };
  }

  #term(body: unknown): Clause {
    const { field, value, options } = fieldOptions(body, 'term', 'value', ['case_insensitive']);
    const ignoreCase = orElse(options['case_insensitive'], false, (one) => booleanAt(one, 'term'));
    return equalTo(field, [scalarAt(value, 'term')], ignoreCase, this.#dates);
  }

  #terms(options: JsonObject): Clause {
    const fields = Object.keys(options).filter((key) => key !== 'boost' && key !== '_name');
    const [field, second] = fields;
    if (field === undefined) throw parsing('[terms] query requires a field name, followed by array of terms');
    if (second !== undefined)
      throw parsing(`[terms] query does not support multiple fields, found [${field}] and [${second}]`);
    const values = listAt(options[field], 'terms').map((one) => scalarAt(one, 'terms'));
    if (values.length > TERMS_MAX) throw parsing(`[terms] has more than ${TERMS_MAX} values`);
    return equalTo(checkField(field, 'terms'), values, false, this.#dates);
  }

  #range(body: unknown): Clause {
    const [field, written] = onlyEntry(body, 'range');
    const options = objectAt(written, 'range');
    onlyKeys(
      options,
      ['gte', 'gt', 'lte', 'lt', 'format', 'time_zone', 'boost', 'relation', '_name'],
      'range',
    );
    const bound = (key: string): FieldValue | undefined => {
      const value = options[key];
      return value === undefined || value === null ? undefined : scalarAt(value, 'range');
    };
    const format = orElse(options['format'], undefined, (value) => textAt(value, 'range'));
    if (format !== undefined) for (const one of format.split('||')) dateFormatOf(one);
    const timeZone = orElse(options['time_zone'], undefined, (value) => textAt(value, 'range'));
    const dates = { ...this.#dates, format, timeZone };
    const range = { gte: bound('gte'), gt: bound('gt'), lte: bound('lte'), lt: bound('lt') };
    return rangeClause(checkField(field, 'range'), range, dates);
  }

  #match(body: unknown): Clause {
    const keys = [
      'operator',
      'minimum_should_match',
      'lenient',
      'zero_terms_query',
      'auto_generate_synonyms_phrase_query',
    ];
    const { field, value, options } = fieldOptions(body, 'match', 'query', keys);
    const text = textAt(value, 'match');
    const operator = orElse(options['operator'], 'or', (one) => textAt(one, 'match').toLowerCase());
    if (operator !== 'or' && operator !== 'and')
      throw parsing(`[match] operator [${operator}] is neither [and] nor [or]`);
    const count = options['minimum_should_match'];
    if (count !== undefined && typeof count !== 'number' && !/^\d+$/.test(textAt(count, 'match'))) {
      throw parsing('[match] minimum_should_match is supported as a whole number only');
    }
    const least =
      operator === 'and' ? 'all' : orElse(count, 1, (one) => wholeAt(one, 'match', { min: 0, max: 1000 }));
    return wordsClause(field, text, least, this.#dates) ?? this.#noWords(options['zero_terms_query']);
  }

  #noWords(zero: unknown): Clause {
    const wanted = orElse(zero, 'none', (value) => textAt(value, 'match'));
    if (wanted !== 'none' && wanted !== 'all')
      throw parsing(`[match] zero_terms_query [${wanted}] is neither [none] nor [all]`);
    return wanted === 'all' ? ALL : NONE;
  }

  #phrase(body: unknown, name: 'match_phrase' | 'match_phrase_prefix'): Clause {
    const { field, value, options } = fieldOptions(body, name, 'query', [
      'slop',
      'zero_terms_query',
      'max_expansions',
    ]);
    const slop = orElse(options['slop'], 0, (one) => wholeAt(one, name, { min: 0, max: SLOP_MAX }));
    const lastIsPrefix = name === 'match_phrase_prefix';
    return (
      phraseClause(field, textAt(value, name), { slop, lastIsPrefix }, this.#dates) ??
      this.#noWords(options['zero_terms_query'])
    );
  }

  #queryString(options: JsonObject): Clause {
    onlyKeys(options, QUERY_STRING_KEYS, 'query_string');
    const operator = orElse(options['default_operator'], 'or', (one) =>
      textAt(one, 'query_string').toLowerCase(),
    );
    if (operator !== 'or' && operator !== 'and') {
      throw parsing(`[query_string] default_operator [${operator}] is neither [and] nor [or]`);
    }
    const timeZone = orElse(options['time_zone'], undefined, (one) => textAt(one, 'query_string'));
    return parseQueryString(textAt(options['query'], 'query_string'), {
      dates: { ...this.#dates, timeZone },
      fields: stringFields(options),
      defaultOperator: operator,
      phraseSlop: orElse(options['phrase_slop'], 0, (one) =>
        wholeAt(one, 'query_string', { min: 0, max: SLOP_MAX }),
      ),
      analyzeWildcard: orElse(options['analyze_wildcard'], false, (one) => booleanAt(one, 'query_string')),
    });
  }
}

const QUERY_STRING_KEYS = [
  'query',
  'default_field',
  'fields',
  'default_operator',
  'analyze_wildcard',
  'allow_leading_wildcard',
  'phrase_slop',
  'time_zone',
  'lenient',
  'boost',
  '_name',
];

/** Without their boosts. */
function stringFields(options: JsonObject): readonly string[] {
  const written =
    options['fields'] === undefined
      ? [options['default_field'] ?? '*']
      : listAt(options['fields'], 'query_string');
  const fields = written.map((field) => textAt(field, 'query_string').replace(/\^[\d.]+$/, ''));
  return fields.length === 0 ? ['*'] : fields.map((field) => checkField(field, 'query_string'));
}

interface FieldOptions {
  readonly field: string;
  readonly value: unknown;
  readonly options: JsonObject;
}

/** `{field: value}` or `{field: {main: value, …}}`. */
function fieldOptions(body: unknown, name: string, main: string, keys: readonly string[]): FieldOptions {
  const [field, written] = onlyEntry(body, name);
  checkField(field, name);
  if (!isObject(written)) return { field, value: written, options: {} };
  onlyKeys(written, [main, 'boost', '_name', ...keys], name);
  return { field, value: written[main], options: written };
}

function pattern(
  field: string,
  parts: Extract<Clause, { kind: 'pattern' }>['pattern'],
  options: JsonObject,
  name: string,
): Clause {
  const type = fixedType(field);
  if (type !== undefined && type !== 'keyword' && type !== 'text' && type !== 'constant_keyword') {
    throw parsing(
      `[${name}] query is supported on keyword and text fields only, not on [${field}] which is of type [${type}]`,
    );
  }
  const ignoreCase = orElse(options['case_insensitive'], false, (one) => booleanAt(one, name));
  return { kind: 'pattern', field, pattern: parts, ignoreCase };
}

/** `2`, `-1`, `75%`, `-25%` of so many. */
export function leastOf(value: unknown, of: number, where: string): number {
  const text = textAt(value, where).trim();
  const match = /^(-?\d{1,9})(%?)$/.exec(text);
  if (match === null)
    throw parsing(`[${where}] minimum_should_match [${text}] is not supported; use a number or a percentage`);
  const number = Number(match[1]);
  const count = match[2] === '%' ? Math.trunc((number * of) / 100) : number;
  return Math.max(0, count < 0 ? of + count : count);
}
