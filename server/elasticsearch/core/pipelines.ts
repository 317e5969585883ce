/** Pipeline aggregations: their options, and where they may stand. */
import type { GapPolicy, PipelineAggregation } from '#storage/document-search.ts';
import { illegal, invalidRequest, parsing } from '#server/elasticsearch/core/errors.ts';
import {
  objectAt,
  onlyKeys,
  orElse,
  textAt,
  wholeAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';
import { parseBucketScript } from '#server/elasticsearch/core/scripts/bucket-script.ts';
import { parseMovingScript } from '#server/elasticsearch/core/scripts/moving-script.ts';
import { scriptSource } from '#server/elasticsearch/core/scripts/tokens.ts';

/** As many as there can be buckets. */
const PLACES_MAX = 65_536;
/** Parameters of one script. */
const PATHS_MAX = 50;

const HISTOGRAMS = ['histogram', 'date_histogram'];
const MANY_BUCKETS = [...HISTOGRAMS, 'terms', 'filters'];

export interface PipelineContext {
  readonly name: string;
  /** The type of the aggregation it stands in. */
  readonly parent: string | undefined;
}

/** Undefined for a type that is none of these. @throws ElasticError, as all below */
export function parsePipeline(
  type: string,
  options: JsonObject,
  context: PipelineContext,
): PipelineAggregation | undefined {
  switch (type) {
    case 'derivative':
      checkParent(type, context, HISTOGRAMS);
      onlyKeys(options, ['buckets_path', 'gap_policy', 'unit', 'format'], type);
      return { kind: type, ...numbersOf(options, type), unitMs: orElse(options['unit'], undefined, unitOf) };
    case 'cumulative_sum':
      checkParent(type, context, HISTOGRAMS);
      onlyKeys(options, ['buckets_path', 'format'], type);
      return { kind: type, path: onePath(options, type) };
    case 'serial_diff':
      checkParent(type, context, HISTOGRAMS);
      onlyKeys(options, ['buckets_path', 'gap_policy', 'lag', 'format'], type);
      return { kind: type, ...numbersOf(options, type), lag: orElse(options['lag'], 1, lagOf) };
    case 'moving_fn':
      checkParent(type, context, HISTOGRAMS);
      return movingFunction(options);
    case 'bucket_script':
      checkParent(type, context, MANY_BUCKETS);
      return bucketScript(options);
    default:
      return undefined;
  }
}

function checkParent(type: string, { name, parent }: PipelineContext, allowed: readonly string[]): void {
  if (parent !== undefined && allowed.includes(parent)) return;
  throw invalidRequest(`${type} aggregation [${name}] must have one of [${allowed.join(', ')}] as parent`);
}

function movingFunction(options: JsonObject): PipelineAggregation {
  const kind = 'moving_fn';
  onlyKeys(options, ['buckets_path', 'gap_policy', 'window', 'shift', 'script', 'format'], kind);
  const { window, shift, script } = options;
  if (window === undefined || script === undefined)
    throw illegal(`[${kind}] Required [${window === undefined ? 'window' : 'script'}]`);
  return {
    kind,
    ...numbersOf(options, kind),
    window: wholeAt(window, `${kind} window`, { min: 1, max: PLACES_MAX }),
    shift: orElse(shift, 0, (value) =>
      wholeAt(value, `${kind} shift`, { min: -PLACES_MAX, max: PLACES_MAX }),
    ),
    script: parseMovingScript(scriptSource(script, kind)),
  };
}

function bucketScript(options: JsonObject): PipelineAggregation {
  const kind = 'bucket_script';
  onlyKeys(options, ['buckets_path', 'gap_policy', 'script', 'format'], kind);
  if (options['script'] === undefined) throw illegal(`[${kind}] Required [script]`);
  const entries = Object.entries(objectAt(options['buckets_path'], `${kind} buckets_path`));
  if (entries.length > PATHS_MAX) throw parsing(`[${kind}] there are more than ${PATHS_MAX} paths`);
  const paths = Object.fromEntries(
    entries.map(([name, path]) => [name, textAt(path, `${kind} buckets_path`)]),
  );
  const names = new Set(Object.keys(paths));
  const script = parseBucketScript(scriptSource(options['script'], kind), names);
  return { kind, paths, gaps: gapsOf(options, kind), script };
}

function numbersOf(options: JsonObject, type: string) {
  return { path: onePath(options, type), gaps: gapsOf(options, type) };
}

function onePath(options: JsonObject, type: string): string {
  const written = options['buckets_path'];
  const [path, second] = Array.isArray(written) ? (written as readonly unknown[]) : [written];
  if (second !== undefined) throw parsing(`[${type}] takes one buckets_path`);
  return textAt(path, `${type} buckets_path`);
}

const GAP_POLICIES: Readonly<Record<string, GapPolicy>> = {
  skip: 'skip',
  insert_zeros: 'zero',
  keep_values: 'keep',
};

function gapsOf(options: JsonObject, type: string): GapPolicy {
  const written = orElse(options['gap_policy'], 'skip', (value) => textAt(value, type));
  const gaps = Object.hasOwn(GAP_POLICIES, written) ? GAP_POLICIES[written] : undefined;
  if (gaps === undefined) throw parsing(`[${type}] Invalid gap policy: [${written}]`);
  return gaps;
}

function lagOf(value: unknown): number {
  return wholeAt(value, 'serial_diff lag', { min: 1, max: PLACES_MAX });
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  second: 1000,
  m: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

function unitOf(value: unknown): number {
  const text = textAt(value, 'derivative unit');
  const match = /^(\d{0,9})([a-z]+)$/.exec(text);
  const length = match === null ? undefined : UNITS_MS[match[2] ?? ''];
  if (match === null || length === undefined) throw parsing(`[derivative] unit [${text}] is not supported`);
  return length * Number(match[1] === '' ? 1 : match[1]);
}
