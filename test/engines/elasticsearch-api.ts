/** The comparison of our Elasticsearch API with a real server, at two sizes. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { difference } from '#test/engines/search-comparison.ts';
import { drawSearch } from '#test/engines/search-generator.ts';
import { openSearchServers } from '#test/engines/search-servers.ts';
import { one } from '#test/engines/search-corpus.ts';
import { elasticsearchPhrases } from '#test/engines/search-texts.ts';
import { tokenize } from '#signals/elasticsearch/analyzer.ts';

const TARGETS = ['/logs-*/_search', '/traces-*/_search', '/logs-*,traces-*/_search'];

export interface ComparisonOptions {
  readonly url: string;
  readonly seed: number;
  readonly searches: number;
  readonly logs: number;
  readonly spans: number;
  /** Pipeline aggregations, which the bare distribution lacks. */
  readonly pipelines: boolean;
}

/** Same documents, same searches: the same hits, totals and buckets. */
export async function compareSearches(t: TestContext, options: ComparisonOptions): Promise<void> {
  const { seed, searches } = options;
  t.diagnostic(`seed ${seed}`);
  await using servers = await openSearchServers(options.url, seededRandom(seed), options);
  const random = seededRandom(seed + 1);
  let withHits = 0;
  for (let at = 0; at < searches; at += 1) {
    const search = drawSearch(random, options);
    const target = one(random, TARGETS);
    const { ours, theirs } = await servers.ask(target, search);
    const found = difference(ours, theirs);
    assert.equal(found, undefined, `seed ${seed}, search ${at}: ${target} ${JSON.stringify(search)}`);
    const { hits } = theirs.body as { readonly hits?: { readonly total: { readonly value: number } } };
    if (hits !== undefined && hits.total.value > 0) withHits += 1;
  }
  t.diagnostic(`${searches} searches agree, ${withHits} of them found documents`);
  // A comparison of nothing with nothing would agree as well.
  assert.ok(withHits > searches / 2, `${withHits} of ${searches} found something`);
}

/** Negative control: documents that are not there are noticed. */
export async function noticeMissing(url: string, seed: number): Promise<void> {
  await using servers = await openSearchServers(url, seededRandom(seed), { logs: 50, spans: 25 });
  const found = await servers.ask('/logs-*/_search', { query: { term: { seq: 7 } } });
  const { hits } = found.ours.body as {
    readonly hits: { readonly hits: readonly { readonly _id: string }[] };
  };
  const id = hits.hits[0]?._id;
  const gone = await fetch(`${url}/logs-generic.otel-default/_doc/${id}?refresh=true`, { method: 'DELETE' });
  assert.ok(gone.ok, await gone.text());
  const { ours, theirs } = await servers.ask('/logs-*/_search', { track_total_hits: true, size: 0 });
  assert.match(difference(ours, theirs) ?? '', /total/);
}

/** A request may make 10,000 words at most. */
const CHARACTERS_PER_REQUEST = 9000;

/** Our analyzer makes the same words of the same texts. */
export async function compareWords(url: string, seed: number, texts: number): Promise<void> {
  let batch: string[] = [];
  let characters = 0;
  for (const text of elasticsearchPhrases(seededRandom(seed), texts)) {
    if (characters + text.length > CHARACTERS_PER_REQUEST) {
      await compareBatch(url, batch);
      [batch, characters] = [[], 0];
    }
    batch.push(text);
    characters += text.length;
  }
  await compareBatch(url, batch);
}

async function compareBatch(url: string, texts: readonly string[]): Promise<void> {
  const response = await fetch(`${url}/_analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ analyzer: 'standard', text: texts }),
  });
  assert.ok(response.ok, `seeded texts were refused with ${response.status}`);
  const { tokens } = (await response.json()) as {
    readonly tokens: readonly { readonly token: string; readonly start_offset: number }[];
  };
  let [at, begin] = [0, 0];
  for (const text of texts) {
    const theirs: string[] = [];
    for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
      // The texts stand behind each other, with one place between them.
      const start = token.start_offset - begin;
      if (start >= text.length) break;
      theirs.push(`${token.token}@${start}`);
      at += 1;
    }
    const ours = tokenize(text).map((token) => `${token.text}@${token.start}`);
    assert.deepEqual(ours, theirs, JSON.stringify(text));
    begin += text.length + 1;
  }
  assert.equal(at, tokens.length);
}
