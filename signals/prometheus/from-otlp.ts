/**
 * OTLP metrics as Prometheus samples (OpenTelemetry specification, "OTLP Metric
 * points to Prometheus"). Delta temporality and exponential histograms have no
 * place here yet: such points are dropped and counted by reason.
 */
import type { Labels } from '#signals/matchers.ts';
import { decodeAttributes, type AttributeList } from '#signals/otlp/attributes.ts';
import { textAt, type ResourceColumns, type ScopeColumns } from '#signals/otlp/columns.ts';
import { decodeScope } from '#signals/otlp/decode.ts';
import { enter, leave, walkItems } from '#signals/otlp/envelope.ts';
import { BYTES, VARINT, WireReader } from '#signals/otlp/wire.ts';
import { attributeLabels } from '#signals/prometheus/attribute-labels.ts';
import { LabelMemo, type Enclosure } from '#signals/prometheus/label-memo.ts';
import { metricName, plainName, type PrometheusType } from '#signals/prometheus/names.ts';
import { PointExemplars } from '#signals/prometheus/otlp-exemplars.ts';
import {
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
  type PointValues,
} from '#signals/prometheus/points.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';

export type DropReason = 'delta_temporality' | 'exponential_histogram' | 'malformed_point' | 'empty_metric';

export interface TranslationCounts {
  /** Points in the request. */
  readonly points: number;
  /** Points of which every sample went to the sink. */
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
}

interface MetricColumns {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Field of the data: 5 gauge, 7 sum, 9 histogram, 10 exponential, 11 summary; 0 none. */
  readonly data: number;
  readonly delta: boolean;
  readonly monotonic: boolean;
  readonly dataOffset: number;
  readonly dataLength: number;
}

const CUMULATIVE = 2;

export interface TranslationOptions {
  /** Units and `_total` at the end of names; true when left out. */
  readonly addsSuffixes?: boolean;
  /** All attributes of the resource as labels of each series; false when left out. */
  readonly addsResource?: boolean;
  /** `target_info`; true when left out. */
  readonly addsTargetInfo?: boolean;
  /** What earlier requests taught, with the same options; none when left out. */
  readonly memo?: LabelMemo;
}

/**
 * @param receivedMs stands in for a point without a time, milliseconds since the Unix epoch
 * @throws CodedError `PLIM_BODY_MALFORMED`; admitted bodies do not throw
 */
export function translateMetrics(
  body: Uint8Array,
  receivedMs: number,
  sink: SampleSink,
  options: TranslationOptions = {},
): TranslationCounts {
  const metrics: { readonly metric: MetricColumns; readonly resource: number; readonly scope: number }[] = [];
  const envelope = walkItems(body, (reader, resource, scope) => {
    metrics.push({ metric: readMetric(reader), resource, scope });
  });
  const translator = new Translator(body, receivedMs, sink, options);
  const newest = new Map<number, number>();
  for (const { metric, resource, scope } of metrics) {
    const timeMs = translator.metric(metric, envelope.resources[resource], envelope.scopes[scope]);
    newest.set(resource, Math.max(newest.get(resource) ?? 0, timeMs));
  }
  if (options.addsTargetInfo ?? true) {
    sink.point?.(undefined);
    for (const [resource, timeMs] of newest) targetInfo(body, envelope.resources[resource], timeMs, sink);
  }
  return { points: translator.points, delivered: translator.delivered, dropped: translator.dropped };
}

interface LastEnclosure {
  readonly resource: ResourceColumns | undefined;
  readonly scope: ScopeColumns | undefined;
  readonly resourceId: number;
  readonly enclosure: Enclosure;
}

class Translator {
  points = 0;
  delivered = 0;
  readonly dropped: Record<string, number> = {};
  readonly #body: Buffer;
  readonly #receivedMs: number;
  readonly #sink: SampleSink;
  readonly #addsSuffixes: boolean;
  readonly #addsResource: boolean;
  readonly #memo: LabelMemo;
  #last: LastEnclosure | undefined;

  constructor(body: Uint8Array, receivedMs: number, sink: SampleSink, options: TranslationOptions) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#receivedMs = receivedMs;
    this.#sink = sink;
    this.#addsSuffixes = options.addsSuffixes ?? true;
    this.#addsResource = options.addsResource ?? false;
    this.#memo = options.memo ?? new LabelMemo();
  }

  /** Returns the newest time of the metric's points. */
  metric(
    metric: MetricColumns,
    resource: ResourceColumns | undefined,
    scope: ScopeColumns | undefined,
  ): number {
    const enclosure = this.#enclosure(resource, scope);
    const type = typeOf(metric);
    const family = this.#addsSuffixes ? metricName(metric.name, metric.unit, type) : plainName(metric.name);
    const refusal = refusalOf(metric);
    if (refusal === undefined) {
      this.#sink.metadata(family, { type, help: metric.description, unit: metric.unit });
    }
    const reader = new WireReader(this.#body, metric.dataOffset, metric.dataOffset + metric.dataLength);
    let newestMs = 0;
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field !== 1 || reader.type !== BYTES) continue;
      this.points += 1;
      if (refusal !== undefined) this.#drop(refusal);
      else newestMs = Math.max(newestMs, this.#point(reader, metric, family, enclosure));
    }
    return newestMs;
  }

  /** Looked up once for all metrics of a scope, which follow each other. */
  #enclosure(resource: ResourceColumns | undefined, scope: ScopeColumns | undefined): Enclosure {
    const last = this.#last;
    const isSame = last !== undefined && last.resource === resource;
    if (isSame && last.scope === scope) return last.enclosure;
    const resourceId = isSame ? last.resourceId : this.#memo.resource(this.#resourceKey(resource));
    const { scopeOffset = 0, scopeLength = 0 } = scope ?? {};
    const scopeKey = this.#bytes(scopeOffset, scopeOffset + scopeLength);
    const enclosure = this.#memo.enclosure(resourceId, scopeKey, () => {
      const ofResource = this.#addsResource ? allLabels(this.#body, resource) : {};
      return enclosingLabels(this.#body, resource, scope, ofResource);
    });
    this.#last = { resource, scope, resourceId, enclosure };
    return enclosure;
  }

  /** Its bytes, and what else names it: of a resource written in several pieces only the last has bytes. */
  #resourceKey(resource: ResourceColumns | undefined): string {
    if (resource === undefined) return '';
    const { serviceName, serviceNamespace, serviceInstanceId, resourceOffset, resourceLength } = resource;
    const name = JSON.stringify([serviceName, serviceNamespace, serviceInstanceId]);
    return name + this.#bytes(resourceOffset, resourceOffset + resourceLength);
  }

  #point(reader: WireReader, metric: MetricColumns, family: string, enclosure: Enclosure): number {
    const outerEnd = enter(reader);
    const offset = reader.position;
    const length = reader.end - reader.position;
    const point = readPoint(reader, metric.data);
    leave(reader, outerEnd);
    if (point === undefined) {
      this.#drop('malformed_point');
      return 0;
    }
    const list = { body: this.#body, offset, length, field: attributesField(metric.data) };
    const labels = this.#memo.point(enclosure, family, this.#attributeBytes(list), () => ({
      ...attributeLabels(decodeAttributes(list)),
      ...enclosure.labels,
    }));
    const timeMs = point.unixNanos === 0n ? this.#receivedMs : Number(point.unixNanos / 1_000_000n);
    const exemplars = new PointExemplars(this.#body, { offset, length }, metric, timeMs);
    this.#sink.point?.(this.points - 1);
    for (const { suffix, label, value } of point.samples) {
      const series = this.#memo.series(labels, suffix, label);
      this.#sink.sample(series, timeMs, value, point.noRecordedValue);
      for (const exemplar of exemplars.takeFor(suffix, label?.[1])) this.#sink.exemplar(series, exemplar);
    }
    this.delivered += 1;
    return timeMs;
  }

  /** Of all attributes with their tags: in one piece, or several. */
  #attributeBytes({ body, offset, length, field }: AttributeList): string {
    const reader = new WireReader(body, offset, offset + length);
    let text = '';
    let from = offset;
    let to = offset;
    for (let start = offset; reader.next() !== 0; start = reader.position) {
      if (reader.field !== field || reader.type !== BYTES) continue;
      if (start !== to) {
        text += this.#bytes(from, to);
        from = start;
      }
      to = reader.position;
    }
    return text + this.#bytes(from, to);
  }

  /** A character a byte. */
  #bytes(from: number, to: number): string {
    return this.#body.toString('latin1', from, to);
  }

  #drop(reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }
}

function refusalOf(metric: MetricColumns): DropReason | undefined {
  if (metric.data === 0) return 'empty_metric';
  if (metric.data === 10) return 'exponential_histogram';
  return metric.delta && (metric.data === 7 || metric.data === 9) ? 'delta_temporality' : undefined;
}

function typeOf(metric: MetricColumns): PrometheusType {
  if (metric.data === 9 || metric.data === 10) return 'histogram';
  if (metric.data === 11) return 'summary';
  return metric.data === 7 && metric.monotonic ? 'counter' : 'gauge';
}

function attributesField(data: number): number {
  return data === 9 ? 9 : 7;
}

function readPoint(reader: WireReader, data: number): PointValues | undefined {
  if (data === 9) return readHistogramPoint(reader);
  return data === 11 ? readSummaryPoint(reader) : readNumberPoint(reader);
}

/** `Metric`: name 1, description 2, unit 3, data 5|7|9|10|11. */
function readMetric(reader: WireReader): MetricColumns {
  const texts: [string, string, string] = ['', '', ''];
  let data = 0;
  let dataOffset = 0;
  let dataLength = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >= 1 && field <= 3) {
      reader.expect(BYTES);
      texts[field - 1] = textAt(reader.bytes, reader.valueOffset, reader.valueLength);
    } else if (field === 5 || field === 7 || field === 9 || field === 10 || field === 11) {
      reader.expect(BYTES);
      data = field;
      dataOffset = reader.valueOffset;
      dataLength = reader.valueLength;
    }
  }
  const [name, description, unit] = texts;
  return {
    name,
    description,
    unit,
    data,
    dataOffset,
    dataLength,
    ...readKind(reader.bytes, dataOffset, dataLength),
  };
}

/** aggregation_temporality 2, is_monotonic 3. */
function readKind(body: Uint8Array, offset: number, length: number): { delta: boolean; monotonic: boolean } {
  const reader = new WireReader(body, offset, offset + length);
  let temporality = 0;
  let monotonic = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== VARINT) continue;
    if (field === 2) temporality = reader.varint;
    else if (field === 3) monotonic = reader.varint !== 0;
  }
  return { delta: temporality !== CUMULATIVE, monotonic };
}

/** `job`, `instance` and the scope: they win over attributes of the same name. */
function enclosingLabels(
  body: Uint8Array,
  resource: ResourceColumns | undefined,
  scope: ScopeColumns | undefined,
  ofResource: Labels,
): Labels {
  const labels: Record<string, string> = { ...ofResource, ...targetLabels(resource) };
  if (scope !== undefined && scope.scopeLength > 0) {
    const { name, version } = decodeScope(body, scope);
    if (name !== '') labels['otel_scope_name'] = name;
    if (version !== '') labels['otel_scope_version'] = version;
  }
  return labels;
}

function allLabels(body: Uint8Array, resource: ResourceColumns | undefined): Labels {
  if (resource === undefined) return {};
  const list = { body, offset: resource.resourceOffset, length: resource.resourceLength, field: 1 };
  return attributeLabels(decodeAttributes(list));
}

function targetLabels(resource: ResourceColumns | undefined): Record<string, string> {
  if (resource === undefined) return {};
  const { serviceName, serviceNamespace, serviceInstanceId } = resource;
  const job = serviceNamespace === '' ? serviceName : `${serviceNamespace}/${serviceName}`;
  return serviceInstanceId === '' ? { job } : { job, instance: serviceInstanceId };
}

/** `target_info`, one per resource: what else it says about itself. */
function targetInfo(
  body: Uint8Array,
  resource: ResourceColumns | undefined,
  timeMs: number,
  sink: SampleSink,
): void {
  if (resource === undefined || timeMs === 0) return;
  const list = { body, offset: resource.resourceOffset, length: resource.resourceLength, field: 1 };
  const identity = new Set(['service.name', 'service.namespace', 'service.instance.id']);
  const others = decodeAttributes(list).filter(({ key }) => !identity.has(key));
  if (others.length === 0) return;
  sink.metadata('target_info', { type: 'gauge', help: 'Target metadata', unit: '' });
  sink.sample(
    { ...attributeLabels(others), ...targetLabels(resource), __name__: 'target_info' },
    timeMs,
    1,
    false,
  );
}
