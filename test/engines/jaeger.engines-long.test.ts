/** The contract of TraceReader on a real Jaeger, written to by our OTLP exporter. */
import { traceReaderContract } from '#test/contract/traces.ts';
import { jaegerBackend } from '#test/engines/jaeger-backend.ts';

traceReaderContract('Jaeger', jaegerBackend, {
  restart: 'in memory, Jaeger forgets its traces when it ends',
});
