/** Whether two servers answered a search alike, but for what is known to differ. */

export interface SearchAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** What differs first, with its path; undefined when nothing does. */
export function difference(ours: SearchAnswer, theirs: SearchAnswer): string | undefined {
  if (ours.status !== theirs.status) {
    return `status ${ours.status} instead of ${theirs.status}: ${reasonOf(ours.status >= 400 ? ours.body : theirs.body)}`;
  }
  // Reasons are in words of our own.
  if (ours.status >= 400) return undefined;
  return compare(comparable(ours.body as Json), comparable(theirs.body as Json), '');
}

function reasonOf(body: unknown): string {
  return JSON.stringify(body).slice(0, 400);
}

/** Without how long it took, shards, names of indices, and scores: there is no relevance here. */
function comparable(body: Json): Json {
  const hits = body['hits'] as Json;
  const list = hits['hits'] as readonly Json[];
  return {
    total: hits['total'],
    hits: list.map((hit) => ({
      id: hit['_id'],
      source: hit['_source'],
      fields: hit['fields'],
      sort: (hit['sort'] as readonly unknown[] | undefined)?.map(missingAsNull),
    })),
    aggregations: body['aggregations'],
  };
}

/** Elasticsearch tells a missing number as the last one of its type. */
function missingAsNull(value: unknown): unknown {
  const ends: readonly unknown[] = [2 ** 63, -(2 ** 63), 'Infinity', '-Infinity', 2 ** 31 - 1, -(2 ** 31)];
  return ends.includes(value) ? null : value;
}

/** Sums are made in another order. */
const TOLERANCE = 1e-9;

/** How far off a count may be is a matter of shards. */
const IGNORED = new Set(['doc_count_error_upper_bound']);

function compare(ours: unknown, theirs: unknown, path: string): string | undefined {
  if (typeof ours === 'number' && typeof theirs === 'number') return compareNumbers(ours, theirs, path);
  if (!isObject(ours) || !isObject(theirs)) {
    const same = Object.is(ours, theirs);
    return same ? undefined : `${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`;
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length !== theirs.length) {
    return `${path}: ${ours.length} instead of ${theirs.length}: ${reasonOf(ours)} / ${reasonOf(theirs)}`;
  }
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    if (IGNORED.has(name)) continue;
    const found = compare(ours[name], theirs[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** Deviations are roots of differences that may be next to nothing. */
function compareNumbers(ours: number, theirs: number, path: string): string | undefined {
  const floor = /std_|variance/.test(path) ? 1 : 0;
  const scale = Math.max(Math.abs(ours), Math.abs(theirs), floor);
  return Math.abs(ours - theirs) <= TOLERANCE * scale ? undefined : `${path}: ${ours} instead of ${theirs}`;
}
