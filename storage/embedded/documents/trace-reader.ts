/**
 * Answers for spans out of the tail and the Parquet files together. A query sees
 * one moment: the tail and the files as they stood when it began.
 */
import { CodedError } from '#base/errors.ts';
import type { Span } from '#signals/model.ts';
import type { TraceId } from '#signals/ids.ts';
import { checkLimit, TRACE_IDS_MAX, TRACES_MAX } from '#storage/core/limits.ts';
import type { Trace, TraceReader, TraceSearch } from '#storage/ports.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { traceIdOf, traceKey, type TraceKey } from '#storage/embedded/documents/core/ids.ts';
import { candidates } from '#storage/embedded/documents/core/manifest.ts';
import { SharedParts, spanFromRow } from '#storage/embedded/documents/core/rows.ts';
import { mayContain } from '#storage/embedded/documents/core/trace-bloom.ts';
import { searchQuery, spansQuery } from '#storage/embedded/documents/trace-queries.ts';
import { groupsOf, isBefore, type View, type Views } from '#storage/embedded/documents/views.ts';

/** Spans of one trace that are returned; more help nobody and would not fit the memory. */
export const SPANS_PER_TRACE_MAX = 100_000;
/** Spans of all traces of one answer together. */
export const SPANS_PER_SEARCH_MAX = 100_000;

export interface SpanLimits {
  readonly spansPerTraceMax?: number;
  readonly spansPerSearchMax?: number;
}

export class SpanReader implements TraceReader {
  readonly #views: Views;
  readonly #limits: Required<SpanLimits>;

  constructor(views: Views, limits: SpanLimits) {
    this.#views = views;
    this.#limits = {
      spansPerTraceMax: SPANS_PER_TRACE_MAX,
      spansPerSearchMax: SPANS_PER_SEARCH_MAX,
      ...limits,
    };
  }

  traceCapabilities(): ReturnType<TraceReader['traceCapabilities']> {
    return Promise.resolve({ searchByAttributes: true, searchByDuration: true });
  }

  services(): Promise<readonly string[]> {
    return this.#views.use((view) => Promise.resolve(view.catalog.services()));
  }

  operations(service: string): ReturnType<TraceReader['operations']> {
    return this.#views.use((view) => Promise.resolve(view.catalog.operations(service)));
  }

  trace(traceId: TraceId, signal?: AbortSignal): Promise<Trace | undefined> {
    return this.#views.use(async (view) => {
      const max = this.#limits.spansPerTraceMax;
      const rows = await this.#spansOf(view, [traceKey(traceId)], max + 1, signal);
      const spans = spansFrom(rows);
      if (spans.length === 0) return undefined;
      if (spans.length <= max) return { traceId, spans };
      return { traceId, spans: spans.slice(0, max), truncated: true };
    });
  }

  async traces(traceIds: readonly TraceId[], signal?: AbortSignal): Promise<readonly Trace[]> {
    const [first, ...others] = new Set(traceIds);
    checkLimit('the number of trace ids', others.length + (first === undefined ? 0 : 1), TRACE_IDS_MAX);
    if (first === undefined) return [];
    if (others.length > 0)
      return this.#views.use((view) => this.#whole(view, [first, ...others].map(traceKey), signal));
    // One alone may be so large that it is cut off rather than refused.
    const trace = await this.trace(first, signal);
    return trace === undefined ? [] : [trace];
  }

  searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]> {
    checkLimit('limit', search.tracesMax, TRACES_MAX);
    return this.#views.use(async (view) => {
      const found = await this.#findTraces(view, search, signal);
      return found.length === 0 ? [] : this.#whole(view, found, signal);
    });
  }

  /** Those of `traces` that have spans, in this order. */
  async #whole(
    view: View,
    traces: readonly TraceKey[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Trace[]> {
    const max = this.#limits.spansPerSearchMax;
    const rows = await this.#spansOf(view, traces, max + 1, signal);
    if (rows.length > max) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `the ${traces.length} traces have more than ${max} spans; ask for fewer`,
      );
    }
    const byTrace = Map.groupBy(spansFrom(rows), (span) => span.traceId);
    return traces.flatMap(({ high, low }) => {
      const traceId = traceIdOf(high, low);
      const spans = byTrace.get(traceId);
      return spans === undefined ? [] : [{ traceId, spans }];
    });
  }

  /** Newest first; a trace counts by its newest matching span. */
  async #findTraces(view: View, search: TraceSearch, signal: AbortSignal | undefined): Promise<TraceKey[]> {
    const files = candidates(view.files, {
      signal: 'spans',
      minUnixNanos: search.startUnixNanosMin,
      maxUnixNanos: search.startUnixNanosMax,
      service: search.service,
    });
    const newest = new Map<TraceId, { readonly key: TraceKey; readonly at: bigint }>();
    let ranked: { readonly key: TraceKey; readonly at: bigint }[] = [];
    for (const group of groupsOf(view, files, 'spans', true)) {
      const last = ranked[search.tracesMax - 1];
      if (last !== undefined && isBefore(last.at, group.bound, true)) break;
      for (const row of await this.#views.run(searchQuery(group.source, search), signal)) {
        const key = { high: BigInt(row['trace_high'] ?? 0n), low: BigInt(row['trace_low'] ?? 0n) };
        const at = BigInt(row['newest'] ?? 0n);
        const id = traceIdOf(key.high, key.low);
        if (at >= (newest.get(id)?.at ?? 0n)) newest.set(id, { key, at });
      }
      ranked = [...newest.values()]
        .toSorted((a, b) => (a.at === b.at ? 0 : a.at > b.at ? -1 : 1))
        .slice(0, search.tracesMax);
    }
    return ranked.map(({ key }) => key);
  }

  /** Rows of all spans of `traces`, at most `spansMax`. */
  async #spansOf(
    view: View,
    traces: readonly TraceKey[],
    spansMax: number,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> {
    const files = view.files.filter((file) => {
      if (file.signal !== 'spans') return false;
      const bloom = view.bloom(file);
      return bloom === undefined || traces.some(({ low }) => mayContain(bloom, low));
    });
    const wanted = new Set(traces.map(({ high, low }) => traceIdOf(high, low)));
    const rows: Row[] = [];
    for (const group of groupsOf(view, files, 'spans', true)) {
      if (rows.length >= spansMax) break;
      const query = spansQuery(group.source, traces, spansMax - rows.length);
      for (const row of await this.#views.run(query, signal)) {
        if (wanted.has(traceIdOf(BigInt(row['trace_high'] ?? 0n), BigInt(row['trace_low'] ?? 0n))))
          rows.push(row);
      }
    }
    return rows;
  }
}

/** Each item once, by start time. */
function spansFrom(rows: readonly Row[]): Span[] {
  const shared = new SharedParts();
  const byId = new Map<string, Span>();
  for (const row of rows) {
    const span = spanFromRow(row, shared);
    byId.set(span.id, span);
  }
  return [...byId.values()].toSorted((a, b) => Number(a.startUnixNanos - b.startUnixNanos));
}
