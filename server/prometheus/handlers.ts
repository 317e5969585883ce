/**
 * Prometheus' HTTP API as a function of the request. It runs where the samples
 * are: evaluation and encoding hold the metrics worker, not the origin's thread.
 */
import type { Clock } from '#base/clock.ts';
import { CodedError, errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import { METRICS } from '#signals/registry.ts';
import type { MetricReader } from '#storage/ports.ts';
import { dataAnswer, errorAnswer, isExpected, type Answer } from '#server/prometheus/answers.ts';
import { queryExemplars } from '#server/prometheus/exemplars.ts';
import { labelNames, labelValues, metadata, series } from '#server/prometheus/lookups.ts';
import { Parameters, type ParameterPair } from '#server/prometheus/parameters.ts';
import { instantQuery, rangeQuery, type QueryParts } from '#server/prometheus/queries.ts';
import { Turns } from '#server/prometheus/turns.ts';

/**
 * The version whose API and language this is. Grafana reads it to know what it
 * may ask for. No `features` beside it: Grafana takes them for a sign of Mimir.
 */
const API_LEVEL = '3.0.0';

export interface PrometheusRequest {
  /** Below `/api/v1`, with the leading slash, percent-encoded. */
  readonly path: string;
  readonly method: string;
  /** Of the form first, then of the URL: the first of a name wins. */
  readonly parameters: readonly ParameterPair[];
}

export interface PrometheusApi {
  /** Never rejects: every failure is an answer. */
  handle(request: PrometheusRequest, signal?: AbortSignal): Promise<Answer>;
}

export interface PrometheusParts {
  readonly reader: MetricReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Counts requests and their time. */
  readonly meter?: Meter;
}

interface Call {
  readonly parameters: Parameters;
  readonly reader: MetricReader;
  readonly parts: QueryParts;
  readonly signal: AbortSignal | undefined;
}

type Handler = (call: Call) => Promise<Answer> | Answer;

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/query': ({ parameters, parts, signal }) => instantQuery(parameters, parts, signal),
  '/query_range': ({ parameters, parts, signal }) => rangeQuery(parameters, parts, signal),
  '/query_exemplars': ({ parameters, reader }) => queryExemplars(parameters, reader),
  '/series': ({ parameters, reader }) => series(parameters, reader),
  '/labels': ({ parameters, reader }) => labelNames(parameters, reader),
  '/metadata': ({ parameters, reader }) => metadata(parameters, reader),
  '/status/buildinfo': () =>
    dataAnswer({
      version: API_LEVEL,
      revision: '',
      branch: 'plimsoll',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    }),
};
const LABEL_VALUES = /^\/label\/([^/]+)\/values$/;

export function createPrometheusApi({ reader, clock, log, meter }: PrometheusParts): PrometheusApi {
  const requests = meter?.counter(METRICS.queryRequests);
  const seconds = meter?.histogram(METRICS.querySeconds);
  const parts: QueryParts = {
    source: reader,
    clock,
    yieldTurn: () => new Promise((resolve) => setImmediate(resolve)),
    turns: new Turns(),
  };

  async function answer(
    { path, method, parameters }: PrometheusRequest,
    route: Route,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    try {
      const handle = handlerFor(route, { path, method });
      return await handle({ parameters: new Parameters(parameters), reader, parts, signal });
    } catch (error) {
      if (!isExpected(error)) {
        const stack = error instanceof Error ? error.stack : undefined;
        log.error({ error: errorText(error), stack, path }, 'a query failed');
      }
      return errorAnswer(error);
    }
  }

  return {
    async handle(request, signal) {
      const startMs = clock.monotonicMs();
      const route = routeOf(request.path);
      const result = await answer(request, route, signal);
      requests?.add(1, { handler: route.name, status: String(result.status) });
      seconds?.observe((clock.monotonicMs() - startMs) / 1000, { handler: route.name });
      return result;
    },
  };
}

interface Route {
  /** For metrics: one of a fixed set, whatever path was asked for. */
  readonly name: string;
  readonly handler: Handler | undefined;
}

function routeOf(path: string): Route {
  const label = LABEL_VALUES.exec(path)?.[1];
  if (label !== undefined) {
    const handler: Handler = ({ parameters, reader }) => labelValues(label, parameters, reader);
    return { name: 'label_values', handler };
  }
  const handler = Object.hasOwn(HANDLERS, path) ? HANDLERS[path] : undefined;
  return { name: handler === undefined ? 'unknown' : path.slice(1), handler };
}

function handlerFor(
  { handler }: Route,
  { path, method }: Pick<PrometheusRequest, 'path' | 'method'>,
): Handler {
  if (handler === undefined) {
    throw new CodedError('PLIM_NOT_FOUND', `there is nothing under /api/v1${path} here`);
  }
  if (method !== 'GET' && method !== 'POST') {
    throw new CodedError('PLIM_METHOD', `${method} is not allowed on /api/v1${path}: use GET or POST`);
  }
  return handler;
}
