/**
 * What Elasticsearch's own client does with documents that are ready: its bulk
 * helper, in a process of its own. Told on its command line where and how many;
 * prints what it took.
 */
import { Client } from '@elastic/elasticsearch';
import { payloadA } from '#bench/payload.ts';
import type { Drained } from '#bench/exporters/drain.ts';
import { ITEMS_PER_REQUEST } from '#bench/exporters/payload.ts';
import { documentToJson } from '#signals/elasticsearch/document-json.ts';
import { spanDocument } from '#signals/elasticsearch/documents.ts';
import { decodeSpan } from '#signals/otlp/decode.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';

export interface BulkPlan {
  readonly url: string;
  readonly index: string;
  readonly items: number;
  readonly requestBytes: number;
  readonly requests: number;
}

const RECORD = { node: '00000000-0000-4000-8000-000000000001', epoch: 1, sequence: 1 };

function documents(): string[] {
  return payloadA(ITEMS_PER_REQUEST).flatMap((body) => {
    const columns = scanSpans(body);
    return Array.from({ length: columns.count }, (_, ordinal) =>
      documentToJson(spanDocument(decodeSpan(columns, ordinal, RECORD))),
    );
  });
}

async function main(plan: BulkPlan): Promise<void> {
  const pool = documents();
  const client = new Client({ node: plan.url, maxRetries: 0, enableMetaHeader: false });
  const datasource = Array.from({ length: plan.items }, (_, index) => pool[index % pool.length] ?? '');
  const beginMs = performance.now();
  const before = process.cpuUsage();
  let made = 0;
  const { successful } = await client.helpers.bulk({
    datasource,
    onDocument: () => {
      made += 1;
      return { create: { _index: plan.index, _id: `bench-${made}` } };
    },
    flushBytes: plan.requestBytes,
    concurrency: plan.requests,
    onDrop: ({ error }) => {
      throw new Error(`a document was refused: ${JSON.stringify(error)}`);
    },
  });
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - beginMs) / 1000;
  const drained: Drained = { items: successful, cpuSeconds: (user + system) / 1e6, seconds };
  process.stdout.write(`${JSON.stringify(drained)}\n`);
  await client.close();
}

await main(JSON.parse(process.argv[2] ?? '') as BulkPlan);
