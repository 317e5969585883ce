/** The contract of TraceReader on a real Jaeger, written to by our OTLP exporter. */
import { after } from 'node:test';
import { traceReaderContract } from '#test/contract/traces.ts';
import { isMissing } from '#test/engines/engine.ts';
import { jaegerBackend, jaegersOnElasticsearch } from '#test/engines/jaeger-backend.ts';

traceReaderContract('Jaeger', jaegerBackend, {
  restart: 'in memory, Jaeger forgets its traces when it ends',
});

const shared = await jaegersOnElasticsearch();
after(() => (isMissing(shared) ? undefined : shared[Symbol.asyncDispose]()));
traceReaderContract(
  'Jaeger on Elasticsearch',
  () => (isMissing(shared) ? Promise.resolve(shared) : shared.create()),
  {
    'operation-kinds': 'there, Jaeger keeps the names of operations alone',
    nanoseconds: 'there, Jaeger keeps microseconds',
  },
);
