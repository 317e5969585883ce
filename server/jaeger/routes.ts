/**
 * Jaeger's query API, v1: what Grafana's data source calls. Without a service
 * graph there are no dependencies: they answer 404, like every unknown path
 * below `/api`.
 */
import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { CodedError } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import type { Clock } from '#base/clock.ts';
import type { TraceReader } from '#storage/ports.ts';
import { asCoded, statusOf } from '#server/http/errors.ts';
import { toJaegerTrace } from '#server/jaeger/convert.ts';
import type { Dependency, DependencyReader } from '#server/jaeger/dependencies.ts';
import {
  parseDependencies,
  parseSpanKind,
  parseTraceId,
  parseTraces,
  single,
  type QueryValues,
} from '#server/jaeger/parameters.ts';

type Answer = (request: Request, signal: AbortSignal) => Promise<readonly unknown[]>;

/** Mounted at `/api`. */
export function jaegerRoutes(
  reader: TraceReader,
  graph?: DependencyReader,
  clock: Clock = systemClock,
): Router {
  const router = Router();
  router.get(
    '/services',
    answer(() => reader.services()),
  );
  router.get(
    '/services/:service/operations',
    answer(async (request) => {
      const operations = await reader.operations(String(request.params['service']));
      return [...new Set(operations.map(({ name }) => name))];
    }),
  );
  router.get(
    '/operations',
    answer(async ({ query }) => {
      const service = single(query as QueryValues, 'service');
      if (service === undefined) throw new CodedError('PLIM_PARAMETER', "parameter 'service' is required");
      const kind = parseSpanKind(query as QueryValues);
      const operations = await reader.operations(service);
      return operations
        .filter((operation) => kind === undefined || operation.kind === kind)
        .map((operation) => ({
          name: operation.name,
          spanKind: operation.kind === 'unspecified' ? '' : operation.kind,
        }));
    }),
  );
  router.get(
    '/traces',
    answer(async ({ query }, signal) => {
      const request = parseTraces(query as QueryValues, clock.wallNanos());
      const traces =
        request.kind === 'search'
          ? await reader.searchTraces(request.search, signal)
          : await reader.traces(request.traceIds, signal);
      return traces.map(toJaegerTrace);
    }),
  );
  router.get(
    '/traces/:id',
    answer(async (request, signal) => {
      const text = String(request.params['id']);
      const trace = await reader.trace(parseTraceId(text), signal);
      if (trace === undefined) throw new CodedError('PLIM_NOT_FOUND', `trace not found: ${text}`);
      return [toJaegerTrace(trace)];
    }),
  );
  if (graph !== undefined) {
    router.get(
      '/dependencies',
      answer(({ query }) => dependencies(graph, query as QueryValues, clock.wallMs())),
    );
  }
  router.use(notFound);
  router.use(lastResort);
  return router;
}

async function dependencies(
  graph: DependencyReader,
  query: QueryValues,
  nowMs: number,
): Promise<readonly Dependency[]> {
  const { service, ...range } = parseDependencies(query, nowMs);
  const found = await graph.dependencies(range);
  return found.filter(({ parent, child }) => service === undefined || [parent, child].includes(service));
}

/** Jaeger's envelope around a list; errors in its shape too. */
function answer(list: Answer): RequestHandler {
  return async (request, response) => {
    const abort = new AbortController();
    response.once('close', () => abort.abort(new Error('the caller has gone')));
    try {
      const data = await list(request, abort.signal);
      response.json({ data, total: data.length, limit: 0, offset: 0, errors: null });
    } catch (error) {
      sendJaegerError(response, error);
    }
  };
}

const notFound: RequestHandler = (request, response) => {
  const path = `${request.baseUrl}${request.path}`;
  sendJaegerError(response, new CodedError('PLIM_NOT_FOUND', `there is nothing under ${path}`));
};

/** A path whose escapes are broken never reaches its route. */
const lastResort: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendJaegerError(response, asCoded(error));

function sendJaegerError(response: Response, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const status = statusOf(error);
  if (status === 503) response.set('Retry-After', '1');
  const msg = error instanceof CodedError ? error.message : 'an internal error';
  response
    .status(status)
    .json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg }] });
}
