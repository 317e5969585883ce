/** Searches: one, many in a request, and counts. */
import type { Request } from 'express';
import type { Clock } from '#base/clock.ts';
import type { Remote } from '#base/rpc.ts';
import type { DocumentSearch, DocumentSearchAnswer } from '#storage/document-search.ts';
import { asElastic } from '#server/elasticsearch/answers.ts';
import { bodyText, jsonObject } from '#server/elasticsearch/bodies.ts';
import { encodeSearch, shardsOf } from '#server/elasticsearch/core/encode-search.ts';
import { elasticErrorBody, illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import { streamsOf } from '#server/elasticsearch/core/indices.ts';
import { manyAt, onlyKeys, textAt, type JsonObject } from '#server/elasticsearch/core/read.ts';
import { narrowed, parseSearch, type ParsedSearch } from '#server/elasticsearch/core/search.ts';
import { sortOfText } from '#server/elasticsearch/core/sorts.ts';

export interface SearchParts {
  readonly reader: Remote<DocumentSearch>;
  readonly clock: Clock;
}

/** Searches in one `_msearch`; a dashboard asks a few at a time. */
const SEARCHES_MAX = 100;
/** Of them at once: the store runs two. */
const SEARCHES_AT_ONCE = 2;

export async function search(request: Request, { reader, clock }: SearchParts, signal: AbortSignal) {
  const query = request.query as Readonly<Record<string, unknown>>;
  const streams = streamsOf(indexOf(request), flag(query, 'ignore_unavailable'));
  const body = { ...jsonObject(bodyText(request)), ...urlOptions(query) };
  const nowMs = clock.wallMs();
  const whole = parseSearch(body, streams, nowMs);
  const text = query['q'];
  const parsed = typeof text === 'string' ? narrowed(whole, { query_string: { query: text } }, nowMs) : whole;
  return run(parsed, { reader, clock }, { typedKeys: flag(query, 'typed_keys'), signal });
}

async function run(
  parsed: ParsedSearch,
  { reader, clock }: SearchParts,
  { typedKeys, signal }: { readonly typedKeys: boolean; readonly signal: AbortSignal },
) {
  const startedMs = clock.monotonicMs();
  const nothing: DocumentSearchAnswer = { total: 0, found: [], aggregations: {} };
  const { request } = parsed;
  const answer = request.streams.length === 0 ? nothing : await reader.searchDocuments(request, signal);
  return encodeSearch(parsed, answer, { tookMs: Math.round(clock.monotonicMs() - startedMs), typedKeys });
}

/** Options that may stand in the URL instead of the body. */
function urlOptions(query: Readonly<Record<string, unknown>>): JsonObject {
  const given: Record<string, unknown> = {};
  for (const key of ['size', 'from', 'track_total_hits'])
    if (typeof query[key] === 'string') given[key] = query[key];
  if (typeof query['sort'] === 'string') given['sort'] = sortOfText(query['sort']);
  const { _source: source, _source_includes: includes, _source_excludes: excludes } = query;
  const list = (text: unknown): readonly string[] => (typeof text === 'string' ? text.split(',') : []);
  if (source === 'true' || source === 'false') given['_source'] = source === 'true';
  else if (typeof source === 'string') given['_source'] = list(source);
  if (includes !== undefined || excludes !== undefined) {
    given['_source'] = { includes: list(includes), excludes: list(excludes) };
  }
  return given;
}

/** As many answers as searches, in their order; one that fails spoils no other. */
export async function manySearches(request: Request, parts: SearchParts, signal: AbortSignal) {
  const query = request.query as Readonly<Record<string, unknown>>;
  const pairs = pairsOf(bodyText(request));
  const startedMs = parts.clock.monotonicMs();
  const one = async ([head, body]: readonly [string, string]) => {
    try {
      const header = jsonObject(head);
      const index = manyAt(header['index'] ?? indexOf(request))
        .map((name) => textAt(name, 'index'))
        .join(',');
      const ignore = header['ignore_unavailable'] === true || flag(query, 'ignore_unavailable');
      const parsed = parseSearch(jsonObject(body), streamsOf(index, ignore), parts.clock.wallMs());
      const answer = await run(parsed, parts, { typedKeys: flag(query, 'typed_keys'), signal });
      return { ...answer, status: 200 };
    } catch (error) {
      return elasticErrorBody(asElastic(error));
    }
  };
  const responses: unknown[] = [];
  for (let at = 0; at < pairs.length; at += SEARCHES_AT_ONCE) {
    responses.push(...(await Promise.all(pairs.slice(at, at + SEARCHES_AT_ONCE).map(one))));
  }
  return { took: Math.round(parts.clock.monotonicMs() - startedMs), responses };
}

/** Lines of head and body in turns; an empty head stands for all that is usual. */
function pairsOf(text: string): readonly (readonly [head: string, body: string])[] {
  const lines = text.split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0 || lines.length % 2 !== 0) {
    throw parsing('[msearch] expected a line with a body after each line with a header');
  }
  if (lines.length > 2 * SEARCHES_MAX) throw illegal(`[msearch] has more than ${SEARCHES_MAX} searches`);
  return Array.from(
    { length: lines.length / 2 },
    (_, at) => [lines[2 * at] ?? '', lines[2 * at + 1] ?? ''] as const,
  );
}

export async function count(request: Request, { reader, clock }: SearchParts, signal: AbortSignal) {
  const query = request.query as Readonly<Record<string, unknown>>;
  const streams = streamsOf(indexOf(request), flag(query, 'ignore_unavailable'));
  const body = jsonObject(bodyText(request));
  onlyKeys(body, ['query'], 'count');
  const nowMs = clock.wallMs();
  const whole = parseSearch({ ...body, size: 0 }, streams, nowMs);
  const text = query['q'];
  const parsed = typeof text === 'string' ? narrowed(whole, { query_string: { query: text } }, nowMs) : whole;
  const found = streams.length === 0 ? undefined : await reader.searchDocuments(parsed.request, signal);
  return { count: found?.total ?? 0, _shards: shardsOf(streams.length) };
}

/** All when the address names none. */
export function indexOf(request: Request): string {
  const { index } = request.params;
  return typeof index === 'string' ? index : '_all';
}

/** `?name`, `?name=true` */
export function flag(query: Readonly<Record<string, unknown>>, name: string): boolean {
  return query[name] === '' || query[name] === 'true';
}
