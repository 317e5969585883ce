/** Everything a service imports. */
export { SpanKind, SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
export { flush } from '#sdk/flushing.ts';
export { operations, type OperationsOptions, type RequestHandler } from '#sdk/http/operations.ts';
export { serve, type ServeOptions, type Serving } from '#sdk/http/serve.ts';
export { logger, type Logger } from '#sdk/logs/logger.ts';
export { metrics } from '#sdk/metrics/registry.ts';
export { start, type StartOptions } from '#sdk/start.ts';
export {
  currentTraceparent,
  injectContext,
  withExtractedContext,
  withSpan,
  type SpanOptions,
} from '#sdk/traces/span.ts';
export { instrumentSqlite } from '#sdk/traces/sqlite.ts';
