/** `/api/plimsoll/v1/logs` and what is below it: records, what they are together, and those that arrive. */
import { Router, type Request } from 'express';
import type { Clock } from '#base/clock.ts';
import type { Meter } from '#base/metrics.ts';
import type { Remote } from '#base/rpc.ts';
import { sendError } from '#server/http/errors.ts';
import { logRecordJson } from '#server/plimsoll/logs-encode.ts';
import {
  parseBaseline,
  parseLogFilter,
  parseLogSearch,
  parseLogSteps,
  type LogQuery,
} from '#server/plimsoll/logs-parse.ts';
import { logTailRoute } from '#server/plimsoll/logs-tail.ts';
import type { LogFacets, LogPatterns, LogReader, LogSteps, SeverityCounts } from '#storage/ports.ts';

/** Values of one facet. */
const FACET_VALUES_MAX = 10;
const PATTERNS_MAX = 200;

export interface LogsOptions {
  readonly reader: Remote<LogReader>;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Mounted at `/api/plimsoll/v1`. */
export function logsRoutes(options: LogsOptions): Router {
  const { reader } = options;
  const router = Router();
  const answer = (path: string, work: (query: LogQuery, signal: AbortSignal) => Promise<unknown>): void => {
    router.get(path, async (request, response) => {
      const abort = new AbortController();
      response.once('close', () => abort.abort(new Error('the caller has gone')));
      try {
        response.json(await work(queryOf(request), abort.signal));
      } catch (error) {
        if (!response.destroyed) sendError(response, error);
      }
    });
  };
  answer('/logs', async (query, signal) => {
    const { records, next } = await reader.searchLogs(parseLogSearch(query), signal);
    return { records: records.map(logRecordJson), next: next ?? null };
  });
  answer('/logs/histogram', async (query, signal) => {
    const { filter, steps } = parseLogSteps(query);
    return histogramJson(steps, await reader.logHistogram(filter, steps, signal));
  });
  answer('/logs/facets', (query, signal): Promise<LogFacets> => {
    return reader.logFacets(parseLogFilter(query), { valuesMax: FACET_VALUES_MAX }, signal);
  });
  answer('/logs/patterns', async (query, signal) => {
    const filter = parseLogFilter(query);
    const baselineUnixNanosMin = parseBaseline(query, filter);
    const request = { baselineUnixNanosMin, patternsMax: PATTERNS_MAX };
    return patternsJson(await reader.logPatterns(filter, request, signal));
  });
  router.get('/logs/tail', logTailRoute(options));
  return router;
}

function queryOf(request: Request): LogQuery {
  return request.query as LogQuery;
}

function histogramJson({ startUnixNanos, stepNanos }: LogSteps, steps: readonly SeverityCounts[]) {
  return {
    startUnixNanos: startUnixNanos.toString(),
    stepNanos: stepNanos.toString(),
    buckets: steps.map((counts, index) => ({
      unixNanos: (startUnixNanos + stepNanos * BigInt(index)).toString(),
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      counts,
    })),
  };
}

function patternsJson({ scanned, baselineScanned, patterns }: LogPatterns) {
  return {
    scanned,
    baselineScanned,
    patterns: patterns.map((pattern) => ({
      ...pattern,
      firstUnixNanos: pattern.firstUnixNanos.toString(),
      lastUnixNanos: pattern.lastUnixNanos.toString(),
    })),
  };
}
