/** Searches as people and panels ask them, drawn at random: clauses, orders, aggregations. */
import type { Random } from '#base/random.ts';
import {
  CORPUS_LENGTH_MS,
  CORPUS_START_MS,
  LEVELS,
  METHODS,
  one,
  SERVICES,
  USERS,
  WORDS,
} from '#test/engines/search-corpus.ts';
import {
  drawBucketScript,
  drawHistogramPipelines,
  METRIC_PATHS,
  PIPELINE_METRICS,
} from '#test/engines/search-pipelines.ts';
import { drawRegexp } from '#test/engines/search-regexps.ts';

type Json = Readonly<Record<string, unknown>>;

export interface GeneratorOptions {
  /** Aggregations only a server with all its modules has. */
  readonly pipelines: boolean;
}

const some = (random: Random): boolean => random.below(2) === 0;

export function drawSearch(random: Random, options: GeneratorOptions): Json {
  const search: Record<string, unknown> = { track_total_hits: true };
  if (random.below(10) > 0) search['query'] = drawQuery(random, 3);
  const size = random.below(3) === 0 ? 0 : 1 + random.below(60);
  search['size'] = size;
  if (size > 0) {
    if (some(random)) search['from'] = random.below(20);
    search['sort'] = drawSort(random);
    if (some(random))
      search['fields'] = ['@timestamp', { field: 'latency' }, 'user', 'tags', 'message', 'sizes'];
    if (random.below(3) === 0) search['docvalue_fields'] = ['@timestamp', 'http.status'];
    if (random.below(3) === 0)
      search['_source'] = one(random, [
        false,
        ['attributes'],
        { excludes: ['resource', '*stamp'] },
        ['body.*', 'scope'],
      ]);
  }
  if (some(random) || size === 0) search['aggs'] = drawAggregations(random, 2, options);
  return search;
}

/** Ends with what no two documents have in common. */
function drawSort(random: Random): unknown {
  const order = (): string => one(random, ['asc', 'desc']);
  const key = (): unknown =>
    one<() => unknown>(random, [
      () => ({ '@timestamp': { order: order(), unmapped_type: 'boolean' } }),
      () => ({
        severity_text: {
          order: order(),
          missing: one(random, ['_last', '_first']),
          unmapped_type: 'keyword',
        },
      }),
      () => ({ user: order() }),
      () => ({ latency: { order: order() } }),
      () => ({ sizes: { order: order(), mode: one(random, ['min', 'max']) } }),
      () => ({ tags: { order: order() } }),
      () => ({
        severity_number: {
          order: order(),
          missing: one(random, ['_last', '_first', 7]),
          unmapped_type: 'byte',
        },
      }),
      () => 'retry',
      () => ({ 'service.name': order() }),
    ])();
  const keys = Array.from({ length: random.below(3) }, key);
  return [...keys, { seq: order() }];
}

export function drawQuery(random: Random, depth: number): Json {
  if (depth === 0 || random.below(3) === 0) return drawLeaf(random);
  const clauses = (max: number): readonly Json[] =>
    Array.from({ length: random.below(max + 1) }, () => drawQuery(random, depth - 1));
  const bool: Record<string, unknown> = {};
  if (some(random)) bool['must'] = clauses(2);
  if (some(random)) bool['filter'] = some(random) ? clauses(2) : drawQuery(random, depth - 1);
  if (some(random)) bool['should'] = clauses(3);
  if (random.below(3) === 0) bool['must_not'] = clauses(2);
  if (random.below(4) === 0 && Array.isArray(bool['should'])) {
    bool['minimum_should_match'] = one(random, [0, 1, 2, '50%', '-1', -1]);
  }
  return { bool };
}

function drawLeaf(random: Random): Json {
  return one(random, LEAVES)(random);
}

const words = (random: Random, max: number): string =>
  Array.from({ length: 1 + random.below(max) }, () => one(random, WORDS)).join(' ');
const textField = (random: Random): string => one(random, ['message', 'body.text']);

const LEAVES: readonly ((random: Random) => Json)[] = [
  () => ({ match_all: {} }),
  (random) => ({ term: { user: one(random, USERS) } }),
  (random) => ({ term: { severity_text: { value: one(random, LEVELS), case_insensitive: some(random) } } }),
  (random) => ({
    term: { [one(random, ['http.status', 'attributes.http.status'])]: one(random, [200, '404', 500, 7]) },
  }),
  (random) => ({ term: { retry: one(random, [true, false, 'true']) } }),
  (random) => ({ term: { [textField(random)]: one(random, ['carrier', 'no', 'Carrier', '404']) } }),
  () => ({ term: { big: '9007199254740994' } }),
  (random) => ({ terms: { 'service.name': [one(random, SERVICES), one(random, SERVICES), 'none'] } }),
  (random) => ({ terms: { 'http.status': [200, one(random, [404, 503])] } }),
  (random) => ({ terms: { tags: [one(random, ['red', 'green', 'black'])] } }),
  (random) => ({
    exists: {
      field: one(random, [
        'user',
        'latency',
        'tags',
        'body.text',
        'trace_id',
        'nothing',
        'attributes.http',
        'name',
        'body',
        'attributes',
      ]),
    },
  }),
  (random) => ({ range: { '@timestamp': drawTimeRange(random) } }),
  (random) => ({
    range: { latency: { gte: one(random, [0, 1, '7', -10]), lt: one(random, [5, 100.5, 1e10]) } },
  }),
  (random) => ({
    range: { 'http.status': { gt: one(random, [200, 201, '404']), lte: one(random, [404, 503]) } },
  }),
  (random) => ({
    range: { user: { gte: one(random, ['a', 'B', 'ﬁ', 'Z']), lt: one(random, ['b', '\u{1F69B}', 'Ω']) } },
  }),
  (random) => ({ range: { duration: { gte: one(random, [0, 1000, 2_500_000]) } } }),
  (random) => ({ range: { sizes: { gt: random.below(20) } } }),
  (random) => ({ match: { [textField(random)]: words(random, 3) } }),
  (random) => ({ match: { message: { query: words(random, 3), operator: 'and' } } }),
  (random) => ({ match: { message: { query: words(random, 4), minimum_should_match: 2 } } }),
  (random) => ({ match: { user: one(random, USERS) } }),
  (random) => ({ match: { name: one(random, ['charge', 'GET /quotes']) } }),
  (random) => ({ match_phrase: { [textField(random)]: words(random, 2) } }),
  (random) => ({ match_phrase: { message: { query: words(random, 2), slop: random.below(3) } } }),
  (random) => ({
    match_phrase_prefix: { message: `${one(random, WORDS)} ${one(random, ['c', 'ti', 'ref', 'n'])}` },
  }),
  (random) => ({ prefix: { user: one(random, ['a', 'A', 'Z', '']) } }),
  (random) => ({ prefix: { user: { value: one(random, ['a', 'Z']), case_insensitive: some(random) } } }),
  (random) => ({
    wildcard: {
      user: { value: one(random, ['a*', '*n', '?nn', 'a\\*b\\?', '*"*', '*\u{1F69A}*', '?truck']) },
    },
  }),
  (random) => ({
    wildcard: { [textField(random)]: { value: one(random, ['carr*', '*fus*', 'n?', '*本*']) } },
  }),
  (random) => ({ regexp: { [one(random, ['user', 'message', 'tags'])]: drawRegexp(random) } }),
  (random) => ({
    query_string: { query: `${one(random, ['user:', 'message:', ''])}/${drawRegexp(random)}/` },
  }),
  (random) => ({
    query_string: { query: drawLucene(random, 2), analyze_wildcard: some(random), ...drawOperator(random) },
  }),
  (random) => ({ query_string: { query: drawLucene(random, 2), analyze_wildcard: true } }),
  (random) => ({
    query_string: { query: escaped(words(random, 2)), default_field: 'message', ...drawOperator(random) },
  }),
  (random) => ({ query_string: { query: drawLucene(random, 1), fields: ['message', 'user^2'] } }),
];

function drawOperator(random: Random): Json {
  return random.below(3) === 0 ? { default_operator: one(random, ['AND', 'or']) } : {};
}

function drawTimeRange(random: Random): Json {
  const from = CORPUS_START_MS + random.below(CORPUS_LENGTH_MS);
  const to = from + random.below(CORPUS_LENGTH_MS);
  return one<Json>(random, [
    { gte: from, lte: to, format: 'epoch_millis' },
    { gt: new Date(from).toISOString(), lt: new Date(to).toISOString() },
    { gte: '2026-01-31T22', lt: '2026-02-01' },
    { gt: '2026-01-31' },
    { lte: '2026-01-31' },
    { gte: '2026-01-31T23:30||/h', lte: '2026-02-01T00:30||/h' },
    { gte: '2026-02-01T00:00||-30m', lte: '2026-01-31T22:00||+1d/d' },
    { gte: '2026-02-01', time_zone: '+01:00' },
    { lt: '2026-02-01T00:30', time_zone: 'Europe/Berlin' },
    { lte: 'now' },
  ]);
}

/** A text in Lucene's syntax. */
function drawLucene(random: Random, depth: number): string {
  const leaf = (): string => one(random, LUCENE_LEAVES)(random);
  if (depth === 0 || random.below(3) === 0) return leaf();
  const part = (): string => {
    const inner = drawLucene(random, depth - 1);
    // A sign behind a NOT is no query; Elasticsearch may not notice when it needs not look.
    return random.below(3) === 0 || /^(?:NOT|[-+!])/.test(inner) ? `(${inner})` : inner;
  };
  const join = (): string => one(random, [' AND ', ' OR ', ' && ', ' || ', ' ', ' AND NOT ', ' NOT ']);
  const prefix = one(random, ['', '', '', 'NOT ', '-', '+', '!']);
  return `${prefix}${leaf()}${join()}${part()}${random.below(3) === 0 ? `${join()}${leaf()}` : ''}`;
}

const escaped = (word: string): string => word.replaceAll(/[+\-!(){}[\]^"~*?:\\/&|]/g, '\\$&');

const LUCENE_LEAVES: readonly ((random: Random) => string)[] = [
  (random) => escaped(one(random, WORDS)),
  (random) => `"${one(random, ['no carrier', 'carrier timeout', 'GET', 'refused payment', 'quotes'])}"`,
  (random) => `message:${escaped(one(random, WORDS))}`,
  (random) => `message:"${words(random, 2).replaceAll('"', '')}"${one(random, ['', '', '~2'])}`,
  (random) => `message:(${escaped(one(random, WORDS))} ${escaped(one(random, WORDS))})`,
  (random) => `severity_text:${one(random, LEVELS)}`,
  (random) => `severity_text:(${one(random, LEVELS)} OR ${one(random, LEVELS)})`,
  (random) => `user:${one(random, ['ann', 'Zoë', 'a\\ b', 'a\\*b\\?', '"a b"', 'an*', '*', '?nn', 'Z*'])}`,
  (random) =>
    `http.status:${one(random, ['200', '>=404', '<300', '[200 TO 404]', '{200 TO 503]', '[500 TO *]', '{* TO 404}', '>201'])}`,
  (random) => `latency:${one(random, ['>1', '[0 TO 10]', '<=1.25', '1'])}`,
  (random) => `service.name:${one(random, ['quotes', 'track*', '"track-and-trace"', 'track\\-and\\-trace'])}`,
  (random) => `http.method:${one(random, METHODS)}`,
  (random) => `retry:${one(random, ['true', 'false'])}`,
  (random) => `_exists_:${one(random, ['user', 'tags', 'name'])}`,
  (random) => `${one(random, ['carr', 'Carr', 'tim', 'прив', 'node'])}*`,
  (random) => `message:${one(random, ['car*er', '*out', 'n?', 'Carr*', '*', 'node\\-*', 'Ref*sed'])}`,
  () => '@timestamp:[2026-01-31T23:00 TO 2026-02-01T00:00}',
  () => '@timestamp:>=2026-02-01',
  () => '*',
  () => '*:*',
  (random) => `tags:(${one(random, ['red', 'blue'])} AND green)`,
  (random) => `name:${one(random, ['charge', '"GET /quotes"', 'GET*'])}`,
  (random) => `user:["a" TO "${one(random, ['b', 'ann'])}"]`,
  () => 'carrier^2',
];

function drawAggregations(random: Random, depth: number, options: GeneratorOptions): Json {
  const count = 1 + random.below(2);
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [String(at + 1), drawAggregation(random, depth, options)]),
  );
}

function drawAggregation(random: Random, depth: number, options: GeneratorOptions): Json {
  if (depth === 0 || random.below(3) === 0) return drawMetric(random);
  const [type, body] = one(random, BUCKETS)(random);
  const aggs: Record<string, unknown> = { ...drawAggregations(random, depth - 1, options) };
  if (random.below(3) === 0 && type === 'terms') {
    // A sum has always a value: where buckets without one stand, Elasticsearch tells now so, now so.
    aggs['m'] = { sum: { field: 'http.status' } };
    return {
      terms: { ...body, order: { [one(random, ['m', 'm.value'])]: one(random, ['asc', 'desc']) } },
      aggs,
    };
  }
  if (options.pipelines && some(random)) return { [type]: body, ...drawPipelines(random, type, body, aggs) };
  return some(random) ? { [type]: body, aggs } : { [type]: body };
}

/** Beside other aggregations, where the type has buckets for them. */
function drawPipelines(random: Random, type: string, body: Json, aggs: Json): Json {
  if (type.endsWith('histogram'))
    return { [type]: { ...body, min_doc_count: 0 }, aggs: { ...aggs, ...drawHistogramPipelines(random) } };
  if (type !== 'terms' && type !== 'filters') return { aggs };
  return { aggs: { ...aggs, ...PIPELINE_METRICS, b: drawBucketScript(random, METRIC_PATHS) } };
}

const METRICS = [
  'avg',
  'sum',
  'min',
  'max',
  'stats',
  'extended_stats',
  'value_count',
  'cardinality',
] as const;

function drawMetric(random: Random): Json {
  if (random.below(6) === 0)
    return {
      percentiles: {
        field: one(random, ['latency', 'http.status', 'sizes']),
        percents: [0, 25, 50, 95, 99.5, 100],
        keyed: some(random),
      },
    };
  const type = one(random, METRICS);
  const numbers = ['latency', 'http.status', 'sizes', 'duration', 'severity_number', '@timestamp', 'nothing'];
  const field = one(
    random,
    type === 'cardinality' || type === 'value_count' ? [...numbers, 'user', 'tags', 'retry'] : numbers,
  );
  // Squares of times are no figure anyone asks for.
  const body: Record<string, unknown> = {
    field: type === 'extended_stats' && field === '@timestamp' ? 'latency' : field,
  };
  if (random.below(4) === 0 && ['latency', 'http.status', 'sizes'].includes(field)) body['missing'] = 5;
  if (type === 'extended_stats' && some(random)) body['sigma'] = 3;
  return { [type]: body };
}

type Drawn = readonly [type: string, body: Json];

const BUCKETS: readonly ((random: Random) => Drawn)[] = [
  (random) => [
    'date_histogram',
    { field: '@timestamp', ...drawInterval(random), ...drawHistogramOptions(random) },
  ],
  (random) => [
    'date_histogram',
    { field: '@timestamp', ...drawInterval(random), ...drawHistogramOptions(random) },
  ],
  (random) => [
    'terms',
    {
      field: one(random, [
        'user',
        'severity_text',
        'service.name',
        'http.status',
        'retry',
        'tags',
        'sizes',
        'nothing',
        'name',
        'kind',
        'latency',
        'scope.name',
      ]),
      size: one(random, [1, 2, 5, 50]),
      ...ALL_OF_SHARDS,
      ...drawTermsOptions(random),
    },
  ],
  (random) => [
    'terms',
    {
      field: one(random, ['user', 'severity_text', 'tags']),
      missing: 'unknown',
      ...ALL_OF_SHARDS,
      min_doc_count: 1 + random.below(20),
    },
  ],
  (random) => [
    'histogram',
    {
      field: one(random, ['http.status', 'sizes']),
      interval: one(random, [1, 50, 2.5]),
      ...(some(random) ? { min_doc_count: 1 } : {}),
      ...(some(random) ? { offset: 0.5 } : {}),
    },
  ],
  (random) => [
    'filters',
    { filters: { a: drawLeaf(random), b: { query_string: { query: drawLucene(random, 1) } } } },
  ],
  (random) => ['filters', { filters: [drawLeaf(random), drawLeaf(random)] }],
  (random) => ['filter', drawLeaf(random)],
  (random) => ['missing', { field: one(random, ['user', 'latency', 'name']) }],
];

/** Else Elasticsearch asks each shard for the first ones only, and what is left out is a guess. */
const ALL_OF_SHARDS = { shard_size: 1000 };

function drawTermsOptions(random: Random): Json {
  if (some(random)) return {};
  const direction = (): string => one(random, ['asc', 'desc']);
  return {
    order: one<unknown>(random, [
      { _key: direction() },
      { _count: direction() },
      [{ _count: direction() }, { _key: direction() }],
    ]),
  };
}

function drawInterval(random: Random): Json {
  return one<Json>(random, [
    { fixed_interval: '10m' },
    { fixed_interval: '500s' },
    { fixed_interval: '90m' },
    { fixed_interval: '1d' },
    { calendar_interval: '1m', min_doc_count: 1 },
    { calendar_interval: '1h' },
    { calendar_interval: 'day' },
    { calendar_interval: '1w' },
    { calendar_interval: '1M' },
    { calendar_interval: 'quarter' },
    { calendar_interval: '1y' },
  ]);
}

function drawHistogramOptions(random: Random): Json {
  const options: Record<string, unknown> = {};
  if (random.below(3) === 0) options['format'] = 'epoch_millis';
  if (random.below(3) === 0) options['min_doc_count'] = random.below(3);
  if (random.below(4) === 0)
    options['time_zone'] = one(random, ['UTC', '+05:30', '-03:00', 'Europe/Berlin', 'Asia/Tokyo']);
  if (random.below(6) === 0) options['offset'] = one(random, ['+1h', '-30m']);
  if (random.below(4) === 0 && options['min_doc_count'] === undefined) {
    options['min_doc_count'] = 0;
    options['extended_bounds'] = {
      min: CORPUS_START_MS - 3_600_000,
      max: CORPUS_START_MS + 2 * CORPUS_LENGTH_MS,
    };
  }
  if (random.below(8) === 0) options['keyed'] = true;
  if (random.below(6) === 0)
    options['order'] = { [one(random, ['_key', '_count'])]: one(random, ['asc', 'desc']) };
  return options;
}
