/** The same documents in our API and in a real Elasticsearch. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { systemClock } from '#base/real/clock.ts';
import type { Random } from '#base/random.ts';
import { elasticsearchRoutes } from '#server/elasticsearch/routes.ts';
import { corpus } from '#test/engines/search-corpus.ts';
import type { SearchAnswer } from '#test/engines/search-comparison.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

export interface SearchServers extends AsyncDisposable {
  /** The API's address. */
  readonly ours: string;
  /** The same search, by path and body. */
  ask(path: string, body: unknown): Promise<{ readonly ours: SearchAnswer; readonly theirs: SearchAnswer }>;
}

const STRINGS = { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 1024 } };
const DOUBLES = { match_mapping_type: 'double', mapping: { type: 'double' } };
const passthrough = (priority: number) => ({ type: 'passthrough', dynamic: true, priority });
const keyword = { type: 'keyword' };
const alias = (path: string) => ({ type: 'alias', path });

const COMMON = {
  '@timestamp': { type: 'date' },
  data_stream: { properties: { type: keyword, dataset: keyword, namespace: keyword } },
  trace_id: keyword,
  span_id: keyword,
  'trace.id': alias('trace_id'),
  'span.id': alias('span_id'),
  attributes: passthrough(20),
  scope: { properties: { name: keyword, version: keyword, attributes: passthrough(30) } },
  resource: { properties: { attributes: passthrough(40) } },
};

const MAPPINGS = {
  'logs-generic.otel-default': {
    ...COMMON,
    observed_timestamp: { type: 'date' },
    severity_number: { type: 'byte' },
    severity_text: keyword,
    event_name: keyword,
    body: { properties: { text: { type: 'text' } } },
    message: alias('body.text'),
    'log.level': alias('severity_text'),
  },
  'traces-generic.otel-default': {
    ...COMMON,
    parent_span_id: keyword,
    trace_state: keyword,
    trace_flags: { type: 'byte' },
    name: keyword,
    kind: keyword,
    duration: { type: 'long' },
    status: { properties: { code: keyword, message: keyword } },
    'parent.id': alias('parent_span_id'),
    'span.name': alias('name'),
  },
} as const;

export async function openSearchServers(
  theirs: string,
  random: Random,
  counts: { readonly logs: number; readonly spans: number },
): Promise<SearchServers> {
  const world = await DocumentsWorld.open();
  const records = corpus(random, counts);
  // Some in files, some in memory, and some of each in between.
  await world.write(records.slice(0, records.length / 3));
  await world.store.sealNow();
  await world.write(records.slice(records.length / 3, records.length / 2));
  await world.store.sealNow();
  await world.write(records.slice(records.length / 2));
  const app = express();
  app.set('query parser', 'simple');
  app.use('/es', elasticsearchRoutes({ reader: world.store, clock: systemClock, version: 'test' }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ours = `http://127.0.0.1:${(server.address() as AddressInfo).port}/es`;
  for (const [index, properties] of Object.entries(MAPPINGS)) await copy(ours, theirs, index, properties);
  return {
    ours,
    ask: async (path, body) => ({
      ours: await post(`${ours}${path}`, body),
      theirs: await post(`${theirs}${path}`, body),
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** An index of theirs with the documents we show, under the ids we give them. */
async function copy(ours: string, theirs: string, index: string, properties: unknown): Promise<void> {
  await fetch(`${theirs}/${index}`, { method: 'DELETE' });
  const created = await fetch(`${theirs}/${index}`, {
    method: 'PUT',
    headers: JSON_TYPE,
    body: JSON.stringify({
      settings: { number_of_shards: 1, number_of_replicas: 0 },
      mappings: {
        dynamic: false,
        dynamic_templates: [{ strings: STRINGS }, { doubles: DOUBLES }],
        properties,
      },
    }),
  });
  if (!created.ok) throw new Error(`the index was not made: ${await created.text()}`);
  const shown = await fetch(`${ours}/${index}/_search?size=10000`);
  const answer = await shown.text();
  // As text, so that no number loses a digit.
  const lines = [
    ...answer.matchAll(/"_id":"([^"]+)","_score":1,"_source":(.*?)(?=\},\{"_index"|\}\]\},?|\}\]\}\})/gs),
  ];
  const body = lines.map(([, id, source]) => `{"index":{"_id":"${id}"}}\n${source}\n`).join('');
  const taken = await fetch(`${theirs}/${index}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  const result = (await taken.json()) as { readonly errors: boolean; readonly items: readonly unknown[] };
  if (result.errors)
    throw new Error(`documents were refused: ${JSON.stringify(result.items).slice(0, 1000)}`);
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function post(url: string, body: unknown): Promise<SearchAnswer> {
  const response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
