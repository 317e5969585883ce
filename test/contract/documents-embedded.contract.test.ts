/** The embedded documents store: the contracts of traces and logs. */
import { logSummariesContract } from '#test/contract/log-summaries.ts';
import { logReaderContract } from '#test/contract/logs.ts';
import { traceReaderContract, type TraceBackend } from '#test/contract/traces.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

async function embedded() {
  const world = await DocumentsWorld.open();
  return {
    get reader() {
      return world.store;
    },
    write: world.write.bind(world),
    flush: () => world.store.sealNow(),
    restart: () => world.restart(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  } satisfies TraceBackend;
}

traceReaderContract('embedded', () => embedded());
logReaderContract('embedded', () => embedded());
logSummariesContract('embedded', () => embedded());
