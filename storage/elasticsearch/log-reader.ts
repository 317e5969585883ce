/** Answers for log records out of Elasticsearch. What was written can be asked for after the next refresh. */
import type { LogRecord } from '#signals/model.ts';
import { SEVERITY_RANGES, severityRange, type SeverityRange } from '#signals/severity.ts';
import { valueAsText } from '#signals/value-text.ts';
import {
  badSince,
  checkLimit,
  checkPatterns,
  checkSteps,
  FACET_VALUES_MAX,
  LOG_RECORDS_MAX,
  withinSteps,
} from '#storage/core/limits.ts';
import { Arrivals } from '#storage/elasticsearch/arrivals.ts';
import { placesFromText } from '#storage/elasticsearch/core/places.ts';
import { countsOf, histogramBody } from '#storage/elasticsearch/histogram.ts';
import { Decoder, placeOf, type Hit } from '#storage/elasticsearch/incoming.ts';
import { logClause, sortBy } from '#storage/elasticsearch/queries.ts';
import type { Searches } from '#storage/elasticsearch/searches.ts';
import { attributesToText } from '#storage/embedded/documents/core/attribute-text.ts';
import { FacetCounter } from '#storage/embedded/documents/core/log-facets.ts';
import { PatternCounter, type PatternRecord } from '#storage/embedded/documents/core/log-patterns.ts';
import { cutText } from '#storage/embedded/documents/core/log-template.ts';
import { keyFromText, keyToText } from '#storage/log-key.ts';
import type {
  LogArrivals,
  LogArrivalsRequest,
  LogFacets,
  LogFilter,
  LogPage,
  LogPatterns,
  LogPatternsRequest,
  LogReader,
  LogSearch,
  LogSteps,
  SeverityCounts,
} from '#storage/ports.ts';

/** Newest records whose values and messages are counted: each of them comes over the wire. */
const SUMMARY_RECORDS_MAX = 10_000;
/** Base64 of the items of one summary; fat records make it look at fewer. */
const SUMMARY_CHARS_MAX = 32 * 2 ** 20;
/** Of a message; what follows tells the same. */
const MESSAGE_CHARS_MAX = 1000;

export class ElasticsearchLogReader implements LogReader {
  readonly #searches: Searches;
  readonly #arrivals: Arrivals;

  constructor(searches: Searches) {
    this.#searches = searches;
    this.#arrivals = new Arrivals(searches);
  }

  async searchLogs(search: LogSearch, signal?: AbortSignal): Promise<LogPage> {
    checkLimit('limit', search.recordsMax, LOG_RECORDS_MAX);
    const key = search.after === undefined ? undefined : keyFromText(search.after);
    const after =
      key === undefined ? undefined : [`${key.unixNanos}`, key.producer, `${key.sequence}`, `${key.ordinal}`];
    const request = {
      query: logClause(search),
      sort: sortBy(search.order === 'newest-first' ? 'desc' : 'asc'),
      after,
      documentsMax: search.recordsMax + 1,
    };
    const hits: Hit[] = [];
    for await (const page of this.#searches.pages(request, signal)) hits.push(...page);
    const shown = hits.slice(0, search.recordsMax);
    const last = shown.at(-1);
    const next = hits.length > shown.length && last !== undefined ? keyText(last) : undefined;
    return { records: new Decoder().logs(shown), next };
  }

  async logHistogram(
    filter: LogFilter,
    steps: LogSteps,
    signal?: AbortSignal,
  ): Promise<readonly SeverityCounts[]> {
    checkSteps(steps);
    const counts = Array.from({ length: steps.steps }, noCounts);
    const body = histogramBody(logClause(withinSteps(filter, steps)), steps);
    const { aggregations } = await this.#searches.search(body, signal);
    for (const { step, severityNumber, count } of countsOf(aggregations, steps)) {
      const of = counts[step];
      if (of !== undefined) of[severityRange(severityNumber)] += count;
    }
    return counts;
  }

  async logFacets(
    filter: LogFilter,
    { valuesMax }: { readonly valuesMax: number },
    signal?: AbortSignal,
  ): Promise<LogFacets> {
    checkLimit('values', valuesMax, FACET_VALUES_MAX);
    const counter = new FacetCounter();
    const resources = new Map<object, string>();
    for await (const { log, service } of this.#newest(filter, signal)) {
      // The decoder gives equal resources as one object.
      let resource = resources.get(log.resource);
      if (resource === undefined) {
        resource = attributesToText(log.resource.attributes);
        resources.set(log.resource, resource);
      }
      const { severityNumber } = log;
      counter.add({ service, severityNumber, attributes: attributesToText(log.attributes), resource });
    }
    return counter.result(valuesMax);
  }

  async logPatterns(
    filter: LogFilter,
    request: LogPatternsRequest,
    signal?: AbortSignal,
  ): Promise<LogPatterns> {
    checkPatterns(filter, request);
    const { baselineUnixNanosMin, patternsMax } = request;
    const counter = new PatternCounter();
    let scanned = 0;
    for await (const found of this.#newest(filter, signal)) {
      counter.add({ ...patternRecord(found), id: found.log.id, unixNanos: found.log.unixNanos });
      scanned += 1;
    }
    let baselineScanned = 0;
    if (baselineUnixNanosMin !== undefined && scanned > 0) {
      const unixNanosMax = filter.unixNanosMin - 1n;
      const before = { ...filter, unixNanosMin: baselineUnixNanosMin, unixNanosMax };
      for await (const found of this.#newest(before, signal)) {
        counter.addBaseline(patternRecord(found));
        baselineScanned += 1;
      }
    }
    return { scanned, baselineScanned, patterns: counter.result(patternsMax) };
  }

  async logArrivals(
    filter: LogFilter,
    { since, recordsMax }: LogArrivalsRequest,
    signal?: AbortSignal,
  ): Promise<LogArrivals> {
    checkLimit('limit', recordsMax, LOG_RECORDS_MAX);
    const before = since === undefined ? undefined : placesFromText(since);
    if (since !== undefined && before === undefined) throw badSince(since);
    return this.#arrivals.since(before, { query: logClause(filter), recordsMax }, signal);
  }

  async *#newest(filter: LogFilter, signal: AbortSignal | undefined): AsyncGenerator<Found> {
    const decoder = new Decoder();
    let chars = 0;
    const request = { query: logClause(filter), sort: sortBy('desc'), documentsMax: SUMMARY_RECORDS_MAX };
    for await (const hits of this.#searches.pages(request, signal)) {
      const logs = decoder.logs(hits);
      for (const [index, log] of logs.entries()) {
        const { service = '', item = '' } = hits[index]?._source.plimsoll ?? {};
        chars += item.length;
        yield { log, service };
      }
      if (chars > SUMMARY_CHARS_MAX) return;
    }
  }
}

interface Found {
  readonly log: LogRecord;
  readonly service: string;
}

function patternRecord({ log, service }: Found): Omit<PatternRecord, 'id' | 'unixNanos'> {
  const message = cutText(valueAsText(log.body), MESSAGE_CHARS_MAX);
  return { service, severityNumber: log.severityNumber, message };
}

function keyText(hit: Hit): string {
  const [time = '0', producer = '', sequence = '0', ordinal = '0'] = placeOf(hit);
  return keyToText({
    unixNanos: BigInt(time),
    producer,
    sequence: BigInt(sequence),
    ordinal: Number(ordinal),
  });
}

function noCounts(): Record<SeverityRange, number> {
  return Object.fromEntries(SEVERITY_RANGES.map((range) => [range, 0])) as Record<SeverityRange, number>;
}
