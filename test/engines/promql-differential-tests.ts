/** One server of Prometheus beside our evaluator, as tests. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { isMissing, type EngineAnswer } from '#test/engines/engine.ts';
import { prometheusReader } from '#test/engines/metrics-backend.ts';
import {
  difference,
  differentialSeries,
  fractionQuery,
  hasAnswer,
  inWordsOf,
  isComparable,
  ordersOf,
  writeSeries,
} from '#test/engines/promql-differential.ts';
import {
  CHOSEN_QUERIES,
  NEWER_ORDERED_QUERIES,
  NEWER_QUERIES,
  ORDERED_QUERIES,
  REFUSED_QUERIES,
} from '#test/engines/promql-queries.ts';
import { expression } from '#test/support/naive-promql.ts';

const DEPTH = 3;
const DIFFERENCES_SHOWN = 10;

/** Of the chosen queries: what random samples may leave empty. */
const EMPTY_MAX = 2;

export interface DifferentialOptions {
  readonly seed: number;
  readonly generated: number;
  /** See {@link differentialSeries}. */
  readonly resets: boolean;
}

export function differentialTests(engine: EngineAnswer, options: DifferentialOptions): void {
  if (isMissing(engine)) {
    void test('our PromQL beside a real one', (t) => t.skip(engine.missing));
    return;
  }
  after(() => engine[Symbol.asyncDispose]());
  const { seed, generated, resets } = options;
  const name = `Prometheus ${engine.version}`;
  const version3 = !engine.version.startsWith('2.');
  const random = seededRandom(seed);
  const series = differentialSeries(random, resets);
  const reader = prometheusReader(engine.url);

  const empty: string[] = [];

  void test(`${name}: the samples are written`, () => writeSeries(engine.url, series));

  for (const query of version3 ? [...CHOSEN_QUERIES, ...NEWER_QUERIES] : CHOSEN_QUERIES) {
    const text = inWordsOf(engine.version, query);
    void test(`${name}: ${text}`, async () => {
      assert.equal(await difference(engine.url, reader, text), undefined);
      if (!(await hasAnswer(engine.url, text))) empty.push(text);
    });
  }
  void test(`${name}: these have answers over random samples`, () =>
    assert.ok(empty.length <= EMPTY_MAX, `an empty answer shows little: ${empty.join('; ')}`));

  for (const query of REFUSED_QUERIES.filter((one) => isComparable(one, engine.version))) {
    const text = inWordsOf(engine.version, query);
    void test(`${name} refuses ${text}`, async () => {
      assert.equal(await difference(engine.url, reader, text), undefined);
      assert.equal(await hasAnswer(engine.url, text), false);
    });
  }

  for (const query of version3 ? [...ORDERED_QUERIES, ...NEWER_ORDERED_QUERIES] : ORDERED_QUERIES) {
    void test(`${name}: the order of ${query}`, async () => {
      const [ours, theirs] = await ordersOf(engine.url, reader, query);
      assert.deepEqual(ours, theirs);
      assert.ok(theirs.length > 1, 'one series has no order');
    });
  }

  const nextQueries = {
    generated: () => expression({ random, series }, DEPTH).text,
    ...(version3 ? { 'share of a histogram': () => fractionQuery(random) } : {}),
  };
  for (const [kind, nextQuery] of Object.entries(nextQueries)) {
    void test(`${name}: ${generated} queries, ${kind}, seed ${seed}`, async (t) => {
      const different: string[] = [];
      let answered = 0;
      for (let count = 0; count < generated;) {
        const next = nextQuery();
        if (!isComparable(next, engine.version)) continue;
        const text = inWordsOf(engine.version, next);
        count += 1;
        const found = await difference(engine.url, reader, text);
        if (found !== undefined) different.push(`${text}\n  ${found}`);
        if (await hasAnswer(engine.url, text)) answered += 1;
      }
      t.diagnostic(`${generated} asked, ${answered} have an answer, ${different.length} differ`);
      assert.deepEqual(different.slice(0, DIFFERENCES_SHOWN), []);
      assert.ok(answered > generated / 8, 'most answers are empty or errors');
    });
  }

  void test(`${name}: negative control: samples that are not the same are seen`, async () => {
    const shifted = {
      select: async (request: Parameters<typeof reader.select>[0]) =>
        (await reader.select(request)).map((one) => ({
          ...one,
          values: one.values.map((value) => value + 1),
        })),
    };
    assert.notEqual(await difference(engine.url, shifted, 'g'), undefined);
  });
}
