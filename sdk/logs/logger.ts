/**
 * The service's logger: pino lines on standard output, each with the ids of the
 * trace it was written in and without secrets, and the same lines to whoever
 * exports them.
 */
import { trace } from '@opentelemetry/api';
import { destination, pino, stdSerializers, type Logger } from 'pino';
import { redact, redactText } from '#sdk/core/redact.ts';

export type { Logger };

/** Takes a finished line. */
export type LineSink = (line: string) => void;

/** Whoever reads standard output may stand still that long; then lines are dropped, not the service. */
const STDOUT_BYTES_MAX = 4 * 1024 * 1024;
/** At the end of the process a full pipe is tried again so often, 100 ms apart. */
const STDOUT_RETRIES_MAX = 5;

let sink: LineSink | undefined;
let retries = 0;

const stdout = destination({
  fd: 1,
  sync: false,
  maxLength: STDOUT_BYTES_MAX,
  retryEAGAIN: () => (retries += 1) <= STDOUT_RETRIES_MAX,
});
stdout.on('write', () => (retries = 0));
// Nobody reads any more (EPIPE): the service runs on without its lines.
stdout.on('error', () => {});

/** Each line goes to `take` too, from now on. */
export function exportLines(take: LineSink): void {
  sink = take;
}

/** Writes what waits for standard output. Never throws. */
export function flushStdout(): void {
  try {
    stdout.flushSync();
  } catch {
    // It is closed, or nobody reads it.
  }
}

export const logger: Logger = pino(
  {
    level: process.env['LOG_LEVEL'] ?? 'info',
    base: { 'service.name': process.env['OTEL_SERVICE_NAME'] ?? 'unknown_service:node' },
    mixin: traceIds,
    formatters: { log: redact, bindings: redact },
    serializers: { err: (error: unknown) => redact(stdSerializers.err(error as Error)) },
    hooks: { streamWrite: redactText },
  },
  {
    write(line: string): void {
      stdout.write(line);
      sink?.(line);
    },
  },
);

function traceIds(): object {
  const span = trace.getActiveSpan();
  if (span === undefined) return {};
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags };
}
