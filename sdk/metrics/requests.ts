/**
 * Rate, errors and duration of the service's requests in one histogram, named,
 * labelled and bucketed as OpenTelemetry's HTTP conventions have it. Sampled or
 * not, every request counts; each bucket shows a sampled one as its exemplar.
 */
import { TraceFlags, type SpanContext } from '@opentelemetry/api';
import { metrics } from '#sdk/metrics/registry.ts';

/** Advised by the conventions for `http.server.request.duration`, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

// Any name may be a label to the compiler, because prom-client has one type for labels and exemplars.
const duration = metrics.histogram<string>({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of HTTP server requests.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  buckets: BUCKETS,
  enableExemplars: true,
});

export interface ServedRequest {
  readonly method: string;
  /** The route's template; empty when none was matched. */
  readonly route: string;
  /** 0 when the client left before an answer. */
  readonly status: number;
  readonly seconds: number;
  readonly span: SpanContext;
}

/** Methods of the HTTP conventions; any other is `_OTHER`, so that nobody makes series by inventing methods. */
const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

export function observeRequest({ method, route, status, seconds, span }: ServedRequest): void {
  duration.observe({
    labels: {
      http_request_method: METHODS.has(method) ? method : '_OTHER',
      http_route: route,
      http_response_status_code: status === 0 ? '' : String(status),
    },
    value: seconds,
    exemplarLabels:
      (span.traceFlags & TraceFlags.SAMPLED) === 0 ? {} : { trace_id: span.traceId, span_id: span.spanId },
  });
}
