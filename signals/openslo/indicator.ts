/**
 * From an OpenSLO indicator to what Plimsoll counts: spans, selected by service,
 * kind, name, attributes; or increases of series, selected by name and labels.
 */
import { complain, type ReadContext } from '#base/config/schema.ts';
import type { ConfigNode, Place } from '#base/config/yaml.ts';
import { nearestName } from '#base/nearest.ts';
import type { Indicator, SampleSelector, SpanSelector } from '#signals/openslo/model.ts';
import {
  countersSourceSchema,
  sliSpecSchema,
  spansSourceSchema,
  type Metric,
} from '#signals/openslo/schemas.ts';

export const SPANS_SOURCE_TYPE = 'plimsoll.dev/spans';
export const COUNTERS_SOURCE_TYPE = 'plimsoll.dev/counters';
const SOURCE_TYPES = [SPANS_SOURCE_TYPE, COUNTERS_SOURCE_TYPE];
const DEFAULT_KINDS = ['server', 'consumer'] as const;

/** What a file says about the spans; what it leaves out is undefined. */
export interface SpanChoice {
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly kinds?: SpanSelector['kinds'] | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

export interface ReadIndicator {
  readonly spans: SpanChoice;
  readonly thresholdMs: number | undefined;
  /** Where a thresholdMetric stands: its threshold comes from the objective. */
  readonly thresholdMetric: Place | undefined;
  /** Of series instead of spans. */
  readonly ratio?: Extract<Indicator, { kind: 'ratio' }>;
}

export function selectorOf(choice: SpanChoice, service: string): SpanSelector {
  return {
    service: choice.service ?? service,
    operation: choice.operation,
    kinds: choice.kinds ?? DEFAULT_KINDS,
    attributes: choice.attributes ?? {},
  };
}

/** The `spec` of an SLI, inline or of its own document. Undefined after a problem. */
export function readIndicator(
  node: ConfigNode,
  path: string,
  context: ReadContext,
): ReadIndicator | undefined {
  const spec = sliSpecSchema.read(node, path, context);
  if (spec === undefined) return undefined;
  const { ratioMetric, thresholdMetric } = spec;
  if (ratioMetric !== undefined && thresholdMetric !== undefined) {
    return complain(
      context,
      thresholdMetric.place,
      path,
      'ratioMetric and thresholdMetric exclude each other',
    );
  }
  if (thresholdMetric !== undefined) {
    const source = readSource(
      thresholdMetric.value,
      `${path}.thresholdMetric`,
      context,
      thresholdMetric.place,
    );
    if (source === undefined) return undefined;
    return { spans: source, thresholdMs: source.threshold, thresholdMetric: thresholdMetric.place };
  }
  if (ratioMetric === undefined) {
    return complain(context, node.place, path, 'ratioMetric or thresholdMetric is missing');
  }
  return readRatio(ratioMetric.value, ratioMetric.place, `${path}.ratioMetric`, context);
}

interface RatioParts {
  readonly good?: Metric | undefined;
  readonly bad?: Metric | undefined;
  readonly total?: Metric | undefined;
  readonly raw?: ConfigNode | undefined;
  readonly rawType?: ConfigNode | undefined;
}

function readRatio(
  parts: RatioParts,
  place: Place,
  path: string,
  context: ReadContext,
): ReadIndicator | undefined {
  const raw = parts.raw ?? parts.rawType;
  if (raw !== undefined) return complain(context, raw.place, path, 'raw ratios are not supported yet');
  if (parts.total === undefined) return complain(context, place, path, 'total is missing');
  const side = parts.bad === undefined ? 'good' : 'bad';
  const judged = parts.bad ?? parts.good;
  if (judged === undefined || (parts.bad !== undefined && parts.good !== undefined)) {
    return complain(context, place, path, 'exactly one of good and bad is expected beside total');
  }
  const sides: Sides = { total: parts.total, judged, side };
  const isCounted = [parts.total, judged].some(
    ({ metricSource }) => metricSource.type.value === COUNTERS_SOURCE_TYPE,
  );
  return isCounted
    ? readCounters(sides, { path, place, context })
    : readSpans(sides, { path, place, context });
}

interface Sides {
  readonly total: Metric;
  readonly judged: Metric;
  readonly side: 'good' | 'bad';
}

interface At {
  readonly path: string;
  readonly place: Place;
  readonly context: ReadContext;
}

function readSpans({ total, judged, side }: Sides, { path, place, context }: At): ReadIndicator | undefined {
  const all = readSource(total, `${path}.total`, context, place);
  const judge = readSource(judged, `${path}.${side}`, context, place);
  if (all === undefined || judge === undefined) return undefined;
  return joinRatio(all, judge, (message) => complain(context, place, `${path}.${side}`, message));
}

/** Both sides are series. */
function readCounters({ total, judged, side }: Sides, at: At): ReadIndicator | undefined {
  const all = readSeries(total, { ...at, path: `${at.path}.total` });
  const some = readSeries(judged, { ...at, path: `${at.path}.${side}` });
  if (all === undefined || some === undefined) return undefined;
  if (JSON.stringify(all) === JSON.stringify(some)) {
    return complain(at.context, at.place, `${at.path}.${side}`, `${side} and total are the same series`);
  }
  const ratio = { kind: 'ratio', judgedIs: side, judged: some, total: all } as const;
  return { spans: {}, thresholdMs: undefined, thresholdMetric: undefined, ratio };
}

function readSeries(metric: Metric, { path, place, context }: At): SampleSelector | undefined {
  const { type, spec } = metric.metricSource;
  if (type.value !== COUNTERS_SOURCE_TYPE) {
    const message = `good or bad and total are counted in the same way; expected ${COUNTERS_SOURCE_TYPE}`;
    return complain(context, type.place, `${path}.metricSource.type`, message);
  }
  const empty: ConfigNode = { kind: 'map', place, entries: [] };
  return countersSourceSchema.read(spec ?? empty, `${path}.metricSource.spec`, context);
}

/** `total` selects; the other side may only say what is too slow. */
function joinRatio(
  total: Source,
  judge: Source,
  refuse: (message: string) => undefined,
): ReadIndicator | undefined {
  const { threshold, ...selection } = judge;
  const extra = Object.entries(selection).find(([, value]) => value !== undefined)?.[0];
  if (extra !== undefined) return refuse(`${extra} belongs to total; only a threshold is expected here`);
  const { threshold: totalThreshold, ...spans } = total;
  if (threshold !== undefined && totalThreshold !== undefined && threshold !== totalThreshold) {
    return refuse('total names another threshold');
  }
  return { spans, thresholdMs: threshold ?? totalThreshold, thresholdMetric: undefined };
}

type Source = NonNullable<ReturnType<(typeof spansSourceSchema)['read']>>;

function readSource(metric: Metric, path: string, context: ReadContext, place: Place): Source | undefined {
  const { type, spec } = metric.metricSource;
  if (type.value !== SPANS_SOURCE_TYPE) {
    if (type.value === COUNTERS_SOURCE_TYPE) {
      const message = 'counters have no duration to compare; use ratioMetric';
      return complain(context, type.place, `${path}.metricSource.type`, message);
    }
    const near = nearestName(type.value, SOURCE_TYPES);
    const hint = near === undefined ? `known are ${SOURCE_TYPES.join(' and ')}` : `did you mean ${near}?`;
    const message = `metric source ${type.value} is not supported yet; ${hint}`;
    return complain(context, type.place, `${path}.metricSource.type`, message);
  }
  const empty: ConfigNode = { kind: 'map', place, entries: [] };
  return spansSourceSchema.read(spec ?? empty, `${path}.metricSource.spec`, context);
}
