/** The body of a search. */
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import {
  DOCUMENTS_MAX,
  type DocumentSearchRequest,
  type FieldRequest,
  type HighlightRequest,
  type SourceFilter,
} from '#storage/document-search.ts';
import { parseAggregations } from '#server/elasticsearch/core/aggregations.ts';
import { ALL, allOf } from '#server/elasticsearch/core/clauses.ts';
import { dateFormatOf } from '#server/elasticsearch/core/dates.ts';
import { illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import { parseQuery } from '#server/elasticsearch/core/queries.ts';
import {
  booleanAt,
  isObject,
  manyAt,
  numberAt,
  objectAt,
  onlyKeys,
  orElse,
  textAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';
import { parseSearchAfter, parseSort } from '#server/elasticsearch/core/sorts.ts';

export interface ParsedSearch {
  readonly request: DocumentSearchRequest;
  /** Totals beyond are told as "at least so many"; Infinity for exact ones, undefined for none. */
  readonly trackTotal: number | undefined;
  /** With `sort` no score is shown. */
  readonly sorted: boolean;
}

const KEYS = [
  'query',
  'from',
  'size',
  'sort',
  'search_after',
  '_source',
  'fields',
  'docvalue_fields',
  'stored_fields',
  'script_fields',
  'runtime_mappings',
  'highlight',
  'track_total_hits',
  'track_scores',
  'aggs',
  'aggregations',
  'timeout',
  'version',
  'seq_no_primary_term',
];
const USUAL_SIZE = 10;
const USUAL_TOTAL = 10_000;
const FIELDS_MAX = 100;

/** @throws ElasticError, as all below */
export function parseSearch(body: JsonObject, streams: readonly StreamType[], nowMs: number): ParsedSearch {
  onlyKeys(body, KEYS, 'search');
  for (const key of ['script_fields', 'runtime_mappings']) {
    if (isObject(body[key]) && Object.keys(body[key]).length > 0)
      throw parsing(`[search] does not support [${key}]`);
  }
  const sort = parseSort(body['sort']);
  const [from, size] = windowOf(body);
  const aggregations = body['aggs'] ?? body['aggregations'];
  return {
    request: {
      streams,
      query: orElse(body['query'], ALL, (query) => parseQuery(query, { nowMs })),
      sort,
      after: parseSearchAfter(body['search_after'], sort, nowMs),
      from,
      size,
      source: sourceOf(body['_source'], body['stored_fields']),
      fields: [
        ...fieldRequests(body['fields'], 'fields'),
        ...fieldRequests(body['docvalue_fields'], 'docvalue_fields'),
      ],
      highlight: highlightOf(body['highlight']),
      aggregations: aggregations === undefined ? {} : parseAggregations(aggregations, nowMs),
    },
    trackTotal: trackTotalOf(body['track_total_hits']),
    sorted: sort.length > 0 && !sort.some(({ field }) => field === '_score'),
  };
}

/** A search with one more condition, of the URL. */
export function narrowed(parsed: ParsedSearch, query: unknown, nowMs: number): ParsedSearch {
  const both = allOf([parsed.request.query, parseQuery(query, { nowMs })]);
  return { ...parsed, request: { ...parsed.request, query: both } };
}

function windowOf(body: JsonObject): readonly [from: number, size: number] {
  const count = (key: 'from' | 'size', usual: number): number => {
    const value = orElse(body[key], usual, (one) => numberAt(one, key));
    if (value < 0) throw illegal(`[${key}] parameter cannot be negative but was [${value}]`);
    return Math.floor(value);
  };
  const [from, size] = [count('from', 0), count('size', USUAL_SIZE)];
  if (from + size > DOCUMENTS_MAX) {
    throw illegal(
      `Result window is too large, from + size must be less than or equal to: [${DOCUMENTS_MAX}] but was [${from + size}].`,
    );
  }
  return [from, size];
}

function sourceOf(source: unknown, stored: unknown): SourceFilter | false {
  // Asked for stored fields alone, a search shows no source.
  if (source === undefined) return stored === undefined ? { includes: [], excludes: [] } : false;
  if (typeof source === 'boolean') return source ? { includes: [], excludes: [] } : false;
  if (!isObject(source)) return { includes: names(source), excludes: [] };
  onlyKeys(source, ['include', 'includes', 'exclude', 'excludes'], '_source');
  return {
    includes: names(source['includes'] ?? source['include'] ?? []),
    excludes: names(source['excludes'] ?? source['exclude'] ?? []),
  };
}

function names(value: unknown): readonly string[] {
  const all = manyAt(value).map((one) => textAt(one, '_source'));
  if (all.length > FIELDS_MAX) throw parsing(`[_source] has more than ${FIELDS_MAX} patterns`);
  return all;
}

function fieldRequests(value: unknown, name: string): readonly FieldRequest[] {
  if (value === undefined) return [];
  const all = manyAt(value);
  if (all.length > FIELDS_MAX) throw parsing(`[${name}] has more than ${FIELDS_MAX} entries`);
  return all.map((one) => {
    if (!isObject(one)) return { field: textAt(one, name), format: 'iso' };
    onlyKeys(one, ['field', 'format', 'include_unmapped'], name);
    const format = orElse(one['format'], undefined, (text) => textAt(text, name));
    return {
      field: textAt(one['field'], name),
      format: format === 'use_field_mapping' ? 'iso' : dateFormatOf(format),
    };
  });
}

const HIGHLIGHT_KEYS = [
  'pre_tags',
  'post_tags',
  'fragment_size',
  'number_of_fragments',
  'require_field_match',
  'type',
];

/** Whole values are shown, so sizes of fragments mean nothing. */
function highlightOf(value: unknown): HighlightRequest | undefined {
  if (value === undefined) return undefined;
  const options = objectAt(value, 'highlight');
  onlyKeys(options, ['fields', ...HIGHLIGHT_KEYS], 'highlight');
  const fields = manyAt(options['fields']).flatMap((one) => Object.entries(objectAt(one, 'highlight')));
  for (const [, own] of fields)
    onlyKeys(objectAt(own, 'highlight'), ['fragment_size', 'number_of_fragments'], 'highlight');
  const tag = (key: string, usual: string): string =>
    orElse(options[key], usual, (tags) => textAt(manyAt(tags)[0], 'highlight'));
  return {
    fields: fields.map(([field]) => field),
    before: tag('pre_tags', '<em>'),
    after: tag('post_tags', '</em>'),
    fieldMatch: orElse(options['require_field_match'], true, (one) => booleanAt(one, 'highlight')),
  };
}

function trackTotalOf(value: unknown): number | undefined {
  if (value === undefined) return USUAL_TOTAL;
  if (value === true || value === 'true') return Infinity;
  if (value === false || value === 'false') return undefined;
  const limit = numberAt(value, 'track_total_hits');
  if (limit === -1) return undefined;
  if (limit < 0) throw illegal(`[track_total_hits] parameter must be positive or equals to -1, got ${limit}`);
  return limit;
}
