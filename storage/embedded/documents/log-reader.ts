/** Answers for log records out of the tail and the Parquet files together. */
import {
  badSince,
  checkLimit,
  checkPatterns,
  checkSteps,
  FACET_VALUES_MAX,
  LOG_RECORDS_MAX,
  withinSteps,
} from '#storage/core/limits.ts';
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
import {
  arrivedBetween,
  filesSince,
  placeFromText,
  placeOf,
  placeToText,
} from '#storage/embedded/documents/core/arrivals.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { traceKey } from '#storage/embedded/documents/core/ids.ts';
import { candidates, type SealedFile } from '#storage/embedded/documents/core/manifest.ts';
import { logFromRow, SharedParts } from '#storage/embedded/documents/core/rows.ts';
import { mayContain } from '#storage/embedded/documents/core/trace-bloom.ts';
import { keyOfRow, logCountQuery, logsQuery, type LogRows } from '#storage/embedded/documents/log-queries.ts';
import { compareKeys, keyFromText, keyToText, type LogKey } from '#storage/log-key.ts';
import { facets, histogram, patterns } from '#storage/embedded/documents/log-summaries.ts';
import { groupsOf, isBefore, type Group, type View, type Views } from '#storage/embedded/documents/views.ts';

export class LogRecordReader implements LogReader {
  readonly #views: Views;

  constructor(views: Views) {
    this.#views = views;
  }

  searchLogs(search: LogSearch, signal?: AbortSignal): Promise<LogPage> {
    checkLimit('limit', search.recordsMax, LOG_RECORDS_MAX);
    const after = search.after === undefined ? undefined : keyFromText(search.after);
    return this.#views.use(async (view) => {
      const newestFirst = search.order === 'newest-first';
      const groups = groupsOf(view, logFiles(view, search), 'logs', newestFirst);
      const page = { newestFirst, after, rowsMax: search.recordsMax + 1 };
      const rows = await this.#page(groups, { filter: search }, page, signal);
      const shown = rows.slice(0, search.recordsMax);
      const last = shown.at(-1);
      const next = rows.length > shown.length && last !== undefined ? keyToText(keyOfRow(last)) : undefined;
      return { records: recordsFrom(shown), next };
    });
  }

  async logHistogram(
    filter: LogFilter,
    steps: LogSteps,
    signal?: AbortSignal,
  ): Promise<readonly SeverityCounts[]> {
    checkSteps(steps);
    return this.#views.use((view) => {
      const within = withinSteps(filter, steps);
      const groups = groupsOf(view, logFiles(view, within), 'logs', true);
      return histogram(this.#views, groups, { filter: within, steps, signal });
    });
  }

  async logFacets(
    filter: LogFilter,
    { valuesMax }: { readonly valuesMax: number },
    signal?: AbortSignal,
  ): Promise<LogFacets> {
    checkLimit('values', valuesMax, FACET_VALUES_MAX);
    return this.#views.use((view) => {
      const groups = [...groupsOf(view, logFiles(view, filter), 'logs', true)];
      return facets(this.#views, groups, { filter, valuesMax, signal });
    });
  }

  async logPatterns(
    filter: LogFilter,
    request: LogPatternsRequest,
    signal?: AbortSignal,
  ): Promise<LogPatterns> {
    checkPatterns(filter, request);
    const { baselineUnixNanosMin, patternsMax } = request;
    return this.#views.use((view) => {
      const part = (one: LogFilter) => ({
        filter: one,
        groups: groupsOf(view, logFiles(view, one), 'logs', true),
      });
      const baseline =
        baselineUnixNanosMin === undefined
          ? undefined
          : part({ ...filter, unixNanosMin: baselineUnixNanosMin, unixNanosMax: filter.unixNanosMin - 1n });
      return patterns(this.#views, part(filter), { baseline, patternsMax, signal });
    });
  }

  async logArrivals(
    filter: LogFilter,
    { since, recordsMax }: LogArrivalsRequest,
    signal?: AbortSignal,
  ): Promise<LogArrivals> {
    checkLimit('limit', recordsMax, LOG_RECORDS_MAX);
    const before = since === undefined ? undefined : placeFromText(since);
    if (since !== undefined && before === undefined) throw badSince(since);
    return this.#views.use(async (view) => {
      const now = placeOf(view.cursor, view.files);
      const next = placeToText(now);
      const arrived = before === undefined ? [] : arrivedBetween(before, now);
      if (before === undefined || arrived.length === 0) return { records: [], skipped: 0, next };
      const files = filesSince(before, logFiles(view, filter));
      const groups = [...groupsOf(view, files, 'logs', true)];
      const wanted = { filter, arrived };
      const page = { newestFirst: true, after: undefined, rowsMax: recordsMax };
      const rows = await this.#page(groups, wanted, page, signal);
      const count = rows.length < recordsMax ? rows.length : await this.#count(groups, wanted, signal);
      return { records: recordsFrom(rows), skipped: count - rows.length, next };
    });
  }

  async #page(
    groups: Iterable<Group>,
    wanted: LogRows,
    page: { readonly newestFirst: boolean; readonly after: LogKey | undefined; readonly rowsMax: number },
    signal: AbortSignal | undefined,
  ): Promise<readonly Row[]> {
    const { newestFirst, rowsMax } = page;
    const sign = newestFirst ? -1 : 1;
    let rows: Row[] = [];
    for (const group of groups) {
      const last = rows[rowsMax - 1];
      if (last !== undefined && isBefore(keyOfRow(last).unixNanos, group.bound, newestFirst)) break;
      const more = await this.#views.run(logsQuery(group.source, wanted, page), signal);
      rows = [...rows, ...more]
        .toSorted((a, b) => sign * compareKeys(keyOfRow(a), keyOfRow(b)))
        .slice(0, rowsMax);
    }
    return rows;
  }

  async #count(groups: Iterable<Group>, wanted: LogRows, signal: AbortSignal | undefined): Promise<number> {
    let count = 0;
    for (const { source } of groups) {
      const [row] = await this.#views.run(logCountQuery(source, wanted), signal);
      count += Number(row?.['records'] ?? 0);
    }
    return count;
  }
}

function recordsFrom(rows: readonly Row[]): LogPage['records'] {
  const shared = new SharedParts();
  return rows.map((row) => logFromRow(row, shared));
}

function logFiles(view: View, filter: LogFilter): readonly SealedFile[] {
  const files = candidates(view.files, {
    signal: 'logs',
    minUnixNanos: filter.unixNanosMin,
    maxUnixNanos: filter.unixNanosMax,
    service: filter.service,
  });
  if (filter.traceId === undefined) return files;
  const { low } = traceKey(filter.traceId);
  return files.filter((file) => {
    const bloom = view.bloom(file);
    return bloom === undefined || mayContain(bloom, low);
  });
}
