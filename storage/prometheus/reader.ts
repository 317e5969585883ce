/** Metrics of a server of Prometheus' HTTP API: Prometheus itself, VictoriaMetrics and their kin. */
import { CodedError } from '#base/errors.ts';
import { compareLabels, compareUtf8, labelsKey } from '#promql/labels.ts';
import { formatTime } from '#promql/format-value.ts';
import type { SelectRequest, Series } from '#promql/ports.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';
import type {
  ExemplarRequest,
  ExemplarSeries,
  LabelRequest,
  MetricMetadata,
  MetricReader,
} from '#storage/ports.ts';
import { PrometheusApi, TooLargeError } from '#storage/prometheus/api.ts';
import type { PrometheusReaderOptions } from '#storage/prometheus/config.ts';
import {
  labelsFrom,
  listFrom,
  numberFrom,
  propertyOf,
  textOf,
  textsFrom,
} from '#storage/prometheus/core/json.ts';
import { readInParts, type TimeRange } from '#storage/prometheus/core/parts.ts';
import { pathName, selectorOf } from '#storage/prometheus/core/selector.ts';
import { rangeQuery } from '#storage/prometheus/range-query.ts';
import { remoteRead } from '#storage/prometheus/remote-read.ts';

const TYPES: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary']);

export class PrometheusReader implements MetricReader {
  readonly #api: PrometheusApi;
  readonly #isFixed: boolean;
  #samplesBy: 'read' | 'query';

  constructor(options: PrometheusReaderOptions) {
    this.#api = new PrometheusApi(options);
    this.#isFixed = options.samplesBy !== undefined;
    this.#samplesBy = options.samplesBy ?? 'read';
  }

  /** @throws CodedError as {@link PrometheusApi.ask} */
  select({ matchers, startMs, endMs, signal }: SelectRequest): Promise<readonly Series[]> {
    return readInParts({ startMs, endMs }, async (part) => {
      try {
        return await this.#read(matchers, part, signal);
      } catch (error) {
        if (error instanceof TooLargeError) return undefined;
        throw error;
      }
    });
  }

  async labelNames(request: LabelRequest): Promise<readonly string[]> {
    const names = textsFrom(await this.#api.ask('/labels', parametersOf(request)));
    return limited(names.toSorted(compareUtf8), request.limit);
  }

  async labelValues(name: string, request: LabelRequest): Promise<readonly string[]> {
    const path = `/label/${encodeURIComponent(pathName(name))}/values`;
    const values = textsFrom(await this.#api.ask(path, parametersOf(request)));
    return limited(values.toSorted(compareUtf8), request.limit);
  }

  async series(request: LabelRequest): Promise<readonly Labels[]> {
    const sets = request.sets.length === 0 ? [[]] : request.sets;
    const found = listFrom(await this.#api.ask('/series', parametersOf({ ...request, sets })));
    return limited(found.map(labelsFrom), request.limit);
  }

  async exemplars({ sets, startMs, endMs }: ExemplarRequest): Promise<readonly ExemplarSeries[]> {
    if (sets.length === 0) return [];
    const query = sets.map(selectorOf).join(' or ');
    const found = listFrom(
      await this.#api.ask('/query_exemplars', [
        ['query', query],
        ['start', formatTime(startMs)],
        ['end', formatTime(endMs)],
      ]),
    );
    // A series that two selectors name comes twice.
    const byKey = new Map<string, ExemplarSeries>();
    for (const one of found) {
      const labels = labelsFrom(propertyOf(one, 'seriesLabels'));
      const exemplars = listFrom(propertyOf(one, 'exemplars')).map(exemplarFrom);
      const inRange = exemplars.filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs);
      if (inRange.length > 0) byKey.set(labelsKey(labels), { labels, exemplars: inRange });
    }
    return [...byKey.values()].toSorted((a, b) => compareLabels(a.labels, b.labels));
  }

  async metadata(): Promise<Readonly<Record<string, MetricMetadata>>> {
    const data = await this.#api.ask('/metadata', []);
    const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
    return Object.fromEntries(
      entries.map(([name, descriptions]) => [name, metadataFrom(listFrom(descriptions)[0])]),
    );
  }

  async #read(
    matchers: readonly Matcher[],
    part: TimeRange,
    signal: AbortSignal | undefined,
  ): Promise<readonly Series[]> {
    if (this.#samplesBy === 'query') return rangeQuery(this.#api, matchers, part, signal);
    const read = await remoteRead(this.#api, matchers, part, signal);
    if (read !== 'absent') return read;
    if (this.#isFixed) throw new CodedError('PLIM_STORE_UNAVAILABLE', 'the server has no remote read');
    // It may have been the matchers: then this fails too, and says what is wrong.
    const queried = await rangeQuery(this.#api, matchers, part, signal);
    this.#samplesBy = 'query';
    return queried;
  }
}

function parametersOf({ sets, startMs, endMs, limit }: LabelRequest): (readonly [string, string])[] {
  return [
    ...sets.map((matchers) => ['match[]', selectorOf(matchers)] as const),
    // VictoriaMetrics takes 0 for "not given", which is a few minutes.
    ['start', formatTime(startMs === 0 ? 1 : startMs)],
    ['end', formatTime(endMs)],
    ...(limit > 0 ? [['limit', String(limit)] as const] : []),
  ];
}

function exemplarFrom(value: unknown): Exemplar {
  return {
    labels: labelsFrom(propertyOf(value, 'labels')),
    value: numberFrom(propertyOf(value, 'value')),
    timeMs: Math.round(Number(propertyOf(value, 'timestamp')) * 1000),
  };
}

function metadataFrom(value: unknown): MetricMetadata {
  const type = textOf(propertyOf(value, 'type'));
  return {
    type: isKnown(type) ? type : 'unknown',
    help: textOf(propertyOf(value, 'help')),
    unit: textOf(propertyOf(value, 'unit')),
  };
}

function isKnown(type: string): type is MetricMetadata['type'] {
  return TYPES.has(type);
}

function limited<Item>(items: readonly Item[], limit: number): readonly Item[] {
  return limit > 0 ? items.slice(0, limit) : items;
}
