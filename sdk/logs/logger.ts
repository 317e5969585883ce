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

let sink: LineSink | undefined;

// Synchronously, as Node itself writes to a pipe: a line that was logged is written, whatever comes next.
const stdout = destination({ fd: 1, sync: true });
// Nobody reads any more (EPIPE): the service runs on without its lines.
stdout.on('error', () => {});

/** Each line goes to `take` too, from now on. */
export function exportLines(take: LineSink): void {
  sink = take;
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
