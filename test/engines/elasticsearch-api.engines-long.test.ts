/** Our Elasticsearch API answers as a real server with all its modules does, over many more searches. */
import { after, before, test } from 'node:test';
import { isMissing, type EngineAnswer } from '#test/engines/engine.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { compareSearches, compareWords } from '#test/engines/elasticsearch-api.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? 1);
const ROUNDS = 4;
/** Nearly every search brings a script of its own; a server takes 150 in five minutes unless told otherwise. */
const MANY_SCRIPTS = { 'script.max_compilations_rate': '100000/1m' };

let engine: EngineAnswer;

before(async () => {
  engine = await startElasticsearch({ flavor: 'full', settings: MANY_SCRIPTS });
});

after(async () => {
  if (!isMissing(engine)) await engine[Symbol.asyncDispose]();
});

for (let round = 0; round < ROUNDS; round += 1) {
  test(`500 searches find, count and order alike, round ${round + 1}`, async (t) => {
    if (isMissing(engine)) return t.skip(engine.missing);
    const sizes = { searches: 500, logs: 1500, spans: 500, pipelines: true };
    await compareSearches(t, { url: engine.url, seed: SEED + 1000 * round, ...sizes });
  });
}

test('texts fall into the same words', async (t) => {
  if (isMissing(engine)) return t.skip(engine.missing);
  await compareWords(engine.url, SEED, 100_000);
});
