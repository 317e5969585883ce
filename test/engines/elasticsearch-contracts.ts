/** The contract suites of spans and logs on a server of Elasticsearch's kind. */
import { logReaderContract } from '#test/contract/logs.ts';
import { logSummariesContract } from '#test/contract/log-summaries.ts';
import { traceReaderContract } from '#test/contract/traces.ts';
import { ElasticsearchBackend } from '#test/engines/elasticsearch-backend.ts';

export function elasticsearchContracts(name: string, url: string, restartServer?: () => Promise<void>): void {
  const make = (): ElasticsearchBackend => new ElasticsearchBackend(url, restartServer);
  traceReaderContract(name, () => Promise.resolve(as(make(), (backend) => backend.traces)));
  logReaderContract(name, () => Promise.resolve(as(make(), (backend) => backend.logs)));
  logSummariesContract(name, () => Promise.resolve(as(make(), (backend) => backend.logs)));
}

/** One of its readers, whichever there is after a restart. */
function as<Reader>(backend: ElasticsearchBackend, readerOf: (backend: ElasticsearchBackend) => Reader) {
  return {
    get reader() {
      return readerOf(backend);
    },
    write: backend.write.bind(backend),
    flush: () => backend.flush(),
    restart: () => backend.restart(),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}
