/** Our Elasticsearch API answers as the bare distribution of a real server does. */
import { after, before, test } from 'node:test';
import { isMissing, type EngineAnswer } from '#test/engines/engine.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { compareSearches, compareWords, noticeMissing } from '#test/engines/elasticsearch-api.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? 1);

let engine: EngineAnswer;

before(async () => {
  engine = await startElasticsearch({ flavor: 'bare' });
});

after(async () => {
  if (!isMissing(engine)) await engine[Symbol.asyncDispose]();
});

test('300 searches find, count and order alike', async (t) => {
  if (isMissing(engine)) return t.skip(engine.missing);
  const sizes = { searches: 300, logs: 400, spans: 200, pipelines: false };
  await compareSearches(t, { url: engine.url, seed: SEED, ...sizes });
});

test('a document that is missing is noticed', async (t) => {
  if (isMissing(engine)) return t.skip(engine.missing);
  await noticeMissing(engine.url, SEED);
});

test('texts fall into the same words', async (t) => {
  if (isMissing(engine)) return t.skip(engine.missing);
  await compareWords(engine.url, SEED, 200);
});
