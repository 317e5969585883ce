/**
 * Answers for spans and logs out of the tail and the Parquet files together. A
 * query sees one moment: the tail and the files as they stood when it began.
 */
import { CodedError } from '#base/errors.ts';
import type { Span } from '#signals/model.ts';
import type { TraceId } from '#signals/ids.ts';
import type { LogPage, LogReader, LogSearch, Trace, TraceReader, TraceSearch } from '#storage/ports.ts';
import type { Catalog } from '#storage/embedded/documents/core/catalog.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { traceIdOf, traceKey, type TraceKey } from '#storage/embedded/documents/core/ids.ts';
import { candidates, type SealedFile, type Signal } from '#storage/embedded/documents/core/manifest.ts';
import { logFromRow, SharedParts, spanFromRow } from '#storage/embedded/documents/core/rows.ts';
import { mayContain } from '#storage/embedded/documents/core/trace-bloom.ts';
import { literal, type DuckDb } from '#storage/embedded/documents/duckdb.ts';
import {
  compareKeys,
  keyFromText,
  keyOfRow,
  keyToText,
  logsQuery,
} from '#storage/embedded/documents/log-queries.ts';
import { searchQuery, spansQuery, type Query } from '#storage/embedded/documents/trace-queries.ts';
import type { Tail } from '#storage/embedded/documents/tail.ts';

/** Spans of one trace that are returned; more help nobody and would not fit the memory. */
export const SPANS_PER_TRACE_MAX = 100_000;
/** Spans of all traces of one search together. */
export const SPANS_PER_SEARCH_MAX = 100_000;
export const TRACES_MAX = 1500;
export const LOG_RECORDS_MAX = 5000;
/** Grafana gives up after 30 s by default; an answer after that is for nobody. */
export const QUERY_TIMEOUT_MS = 25_000;
/** Files read by one statement: searches go from the newest group to the oldest and stop early. */
const FILES_PER_STATEMENT = 16;

/** Everything there is at one moment. */
export interface View {
  readonly tail: Tail;
  readonly files: readonly SealedFile[];
  readonly catalog: Catalog;
  path(file: SealedFile): string;
  bloom(file: SealedFile): Uint8Array | undefined;
  /** Nothing of it is removed before this is called. */
  release(): void;
}

export interface ReaderOptions {
  readonly duckdb: DuckDb;
  readonly view: () => View;
  readonly queryTimeoutMs?: number;
  readonly spansPerTraceMax?: number;
  readonly spansPerSearchMax?: number;
}

export class DocumentsReader implements TraceReader, LogReader {
  readonly #options: Required<ReaderOptions>;

  constructor(options: ReaderOptions) {
    this.#options = {
      queryTimeoutMs: QUERY_TIMEOUT_MS,
      spansPerTraceMax: SPANS_PER_TRACE_MAX,
      spansPerSearchMax: SPANS_PER_SEARCH_MAX,
      ...options,
    };
  }

  traceCapabilities(): ReturnType<TraceReader['traceCapabilities']> {
    return Promise.resolve({ searchByAttributes: true, searchByDuration: true });
  }

  services(): Promise<readonly string[]> {
    return this.#withView((view) => Promise.resolve(view.catalog.services()));
  }

  operations(service: string): ReturnType<TraceReader['operations']> {
    return this.#withView((view) => Promise.resolve(view.catalog.operations(service)));
  }

  trace(traceId: TraceId, signal?: AbortSignal): Promise<Trace | undefined> {
    return this.#withView(async (view) => {
      const max = this.#options.spansPerTraceMax;
      const rows = await this.#spansOf(view, [traceKey(traceId)], max + 1, signal);
      const spans = spansFrom(rows);
      if (spans.length === 0) return undefined;
      if (spans.length <= max) return { traceId, spans };
      return { traceId, spans: spans.slice(0, max), truncated: true };
    });
  }

  searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]> {
    checkLimit('limit', search.tracesMax, TRACES_MAX);
    return this.#withView(async (view) => {
      const found = await this.#findTraces(view, search, signal);
      if (found.length === 0) return [];
      const max = this.#options.spansPerSearchMax;
      const rows = await this.#spansOf(view, found, max + 1, signal);
      if (rows.length > max) {
        throw new CodedError(
          'PLIM_QUERY_LIMIT',
          `the ${found.length} traces found have more than ${max} spans; ask for fewer with limit`,
        );
      }
      const byTrace = Map.groupBy(spansFrom(rows), (span) => span.traceId);
      return found.flatMap(({ high, low }) => {
        const traceId = traceIdOf(high, low);
        const spans = byTrace.get(traceId);
        return spans === undefined ? [] : [{ traceId, spans }];
      });
    });
  }

  searchLogs(search: LogSearch, signal?: AbortSignal): Promise<LogPage> {
    checkLimit('limit', search.recordsMax, LOG_RECORDS_MAX);
    const after = search.after === undefined ? undefined : keyFromText(search.after);
    return this.#withView(async (view) => {
      const newestFirst = search.order === 'newest-first';
      const sign = newestFirst ? -1 : 1;
      const rowsMax = search.recordsMax + 1;
      let rows: Row[] = [];
      for (const group of this.#groups(view, logFiles(view, search), 'logs', newestFirst)) {
        const last = rows[rowsMax - 1];
        if (last !== undefined && isBefore(keyOfRow(last).unixNanos, group.bound, newestFirst)) break;
        const more = await this.#run(logsQuery(group.source, search, after, rowsMax), signal);
        rows = [...rows, ...more]
          .toSorted((a, b) => sign * compareKeys(keyOfRow(a), keyOfRow(b)))
          .slice(0, rowsMax);
      }
      const shared = new SharedParts();
      const page = rows.slice(0, search.recordsMax);
      const last = page.at(-1);
      const next = rows.length > page.length && last !== undefined ? keyToText(keyOfRow(last)) : undefined;
      return { records: page.map((row) => logFromRow(row, shared)), next };
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
    for (const group of this.#groups(view, files, 'spans', true)) {
      const last = ranked[search.tracesMax - 1];
      if (last !== undefined && isBefore(last.at, group.bound, true)) break;
      for (const row of await this.#run(searchQuery(group.source, search), signal)) {
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
    for (const group of this.#groups(view, files, 'spans', true)) {
      if (rows.length >= spansMax) break;
      const query = spansQuery(group.source, traces, spansMax - rows.length);
      for (const row of await this.#run(query, signal)) {
        if (wanted.has(traceIdOf(BigInt(row['trace_high'] ?? 0n), BigInt(row['trace_low'] ?? 0n))))
          rows.push(row);
      }
    }
    return rows;
  }

  /**
   * The tail, then the files in groups, in the order of their times. `bound`: no
   * row of this group or a later one is newer (older when oldest first).
   */
  *#groups(
    view: View,
    files: readonly SealedFile[],
    signal: Signal,
    newestFirst: boolean,
  ): Iterable<{ readonly source: string; readonly bound: bigint | undefined }> {
    yield { source: view.tail.source(signal), bound: undefined };
    const ordered = files.toSorted((a, b) =>
      newestFirst ? Number(b.maxUnixNanos - a.maxUnixNanos) : Number(a.minUnixNanos - b.minUnixNanos),
    );
    for (let at = 0; at < ordered.length; at += FILES_PER_STATEMENT) {
      const group = ordered.slice(at, at + FILES_PER_STATEMENT);
      const paths = group.map((file) => literal(view.path(file)));
      yield {
        source: `read_parquet([${paths.join(', ')}])`,
        bound: newestFirst ? group[0]?.maxUnixNanos : group[0]?.minUnixNanos,
      };
    }
  }

  #run({ sql, parameters }: Query, signal: AbortSignal | undefined): Promise<readonly Row[]> {
    const timeoutMs = this.#options.queryTimeoutMs;
    return this.#options.duckdb.query(sql, parameters, { signal, timeoutMs });
  }

  async #withView<T>(work: (view: View) => Promise<T>): Promise<T> {
    const view = this.#options.view();
    try {
      return await work(view);
    } finally {
      view.release();
    }
  }
}

/** Whether what has `unixNanos` certainly comes before everything within `bound`. */
function isBefore(unixNanos: bigint, bound: bigint | undefined, newestFirst: boolean): boolean {
  if (bound === undefined) return false;
  return newestFirst ? unixNanos > bound : unixNanos < bound;
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

function logFiles(view: View, search: LogSearch): readonly SealedFile[] {
  const files = candidates(view.files, {
    signal: 'logs',
    minUnixNanos: search.unixNanosMin,
    maxUnixNanos: search.unixNanosMax,
    service: search.service,
  });
  if (search.traceId === undefined) return files;
  const { low } = traceKey(search.traceId);
  return files.filter((file) => {
    const bloom = view.bloom(file);
    return bloom === undefined || mayContain(bloom, low);
  });
}

function checkLimit(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new CodedError('PLIM_PARAMETER', `${name} is ${value}; expected a whole number from 1 to ${max}`);
}
