/** Answers of searches in Elasticsearch's shape. */
import type { DocumentSearchAnswer, FoundDocument } from '#storage/document-search.ts';
import { encodeAggregations } from '#server/elasticsearch/core/encode-aggregations.ts';
import { INDEX_NAMES } from '#server/elasticsearch/core/indices.ts';
import { RawJson } from '#server/elasticsearch/core/json-text.ts';
import type { ParsedSearch } from '#server/elasticsearch/core/search.ts';

export interface EncodeOptions {
  readonly tookMs: number;
  readonly typedKeys: boolean;
}

export function encodeSearch(
  parsed: ParsedSearch,
  answer: DocumentSearchAnswer,
  { tookMs, typedKeys }: EncodeOptions,
) {
  const { request } = parsed;
  const { aggregations } = request;
  const hasHits = answer.found.length > 0;
  return {
    took: tookMs,
    timed_out: false,
    _shards: shardsOf(request.streams.length),
    hits: {
      total: totalOf(answer.total, parsed.trackTotal),
      max_score: parsed.sorted || !hasHits ? null : 1,
      hits: answer.found.map((found) => encodeHit(found, parsed)),
    },
    aggregations:
      Object.keys(aggregations).length === 0
        ? undefined
        : encodeAggregations(aggregations, answer.aggregations, typedKeys),
  };
}

export function shardsOf(count: number) {
  return { total: count, successful: count, skipped: 0, failed: 0 };
}

function totalOf(total: number, limit: number | undefined) {
  if (limit === undefined) return undefined;
  return total > limit ? { value: limit, relation: 'gte' } : { value: total, relation: 'eq' };
}

function encodeHit(found: FoundDocument, { request, sorted }: ParsedSearch) {
  return {
    _index: INDEX_NAMES[found.stream],
    _id: found.id,
    _score: sorted ? null : 1,
    _source: found.source === undefined ? undefined : new RawJson(found.source),
    fields: unlessEmpty(found.fields),
    highlight: unlessEmpty(found.highlight),
    sort: request.sort.length === 0 ? undefined : found.sort,
  };
}

function unlessEmpty<T extends object>(object: T): T | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}
