/**
 * Random expressions over random series: the column-wise evaluator must say at
 * every step what a naive one says that looks at each step alone.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { labelsKey } from '#promql/labels.ts';
import { evaluateOverRange, type QueryResult } from '#promql/evaluate.ts';
import { parseQuery } from '#promql/syntax/parser.ts';
import { isCoded } from '#base/errors.ts';
import { MemoryMetrics, type SeriesInput } from '#test/support/memory-metrics.ts';
import {
  expression,
  randomSeries,
  type Element,
  type GeneratedExpression,
} from '#test/support/naive-promql.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? randomInt(0, 2 ** 32));
const SCALE = Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1);
const CASES = Math.ceil(1500 * SCALE);
const DEPTH = 3;
const END_MS = 3_600_000;

interface Case {
  readonly series: readonly SeriesInput[];
  readonly generated: GeneratedExpression;
  readonly stepsMs: readonly number[];
}

function makeCase(seed: number): Case {
  const random = seededRandom(seed);
  const series = randomSeries(random, END_MS);
  const generated = expression({ random, series }, DEPTH);
  const startMs = random.below(1_800_000);
  const stepMs = 7000 + random.below(300_000);
  const count = 1 + random.below(8);
  return { series, generated, stepsMs: Array.from({ length: count }, (_, step) => startMs + step * stepMs) };
}

async function evaluateCase({ series, generated, stepsMs }: Case): Promise<QueryResult | undefined> {
  const [startMs = 0, second] = stepsMs;
  const times = { startMs, endMs: stepsMs.at(-1) ?? 0, stepMs: (second ?? startMs + 1) - startMs };
  const options = { source: new MemoryMetrics(series), clock: new SimulatedClock(), timeoutMs: 60_000 };
  try {
    return await evaluateOverRange(parseQuery(generated.text), times, options);
  } catch (error) {
    if (isCoded(error, 'PLIM_PROMQL_EXECUTION')) return undefined;
    throw error;
  }
}

/** What the naive evaluator says at each step; undefined when it has no answer at some step. */
function reference({ generated, stepsMs }: Case): readonly (readonly Element[])[] | undefined {
  try {
    return stepsMs.map((timeMs) => generated.at(timeMs));
  } catch {
    return undefined;
  }
}

function elementsAt(result: QueryResult, timeMs: number): ReadonlyMap<string, number> {
  assert.equal(result.value.type, 'matrix');
  const found = new Map<string, number>();
  if (result.value.type !== 'matrix') return found;
  for (const { labels, timesMs, values } of result.value.series) {
    const index = timesMs.indexOf(timeMs);
    if (index >= 0) found.set(labelsKey(labels), values[index] ?? NaN);
  }
  return found;
}

function differences(
  result: QueryResult,
  expected: readonly (readonly Element[])[],
  { stepsMs }: Case,
): string[] {
  return stepsMs.flatMap((timeMs, step) => {
    const actual = elementsAt(result, timeMs);
    const wanted = new Map((expected[step] ?? []).map(({ labels, value }) => [labelsKey(labels), value]));
    const keys = new Set([...actual.keys(), ...wanted.keys()]);
    return [...keys]
      .filter((key) => !isClose(actual.get(key), wanted.get(key)))
      .map((key) => `at ${timeMs} ${JSON.stringify(key)}: ${actual.get(key)}, naive ${wanted.get(key)}`);
  });
}

function isClose(left: number | undefined, right: number | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    Object.is(left, right) || Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(left), Math.abs(right))
  );
}

test(`${CASES} random expressions agree with the naive evaluator`, async () => {
  let answered = 0;
  let samples = 0;
  for (let index = 0; index < CASES; index += 1) {
    const seed = SEED + index * 7919;
    const one = makeCase(seed);
    const expected = reference(one);
    const result = await evaluateCase(one);
    const context = `PLIMSOLL_SEED=${SEED} case ${index} (seed ${seed}): ${one.generated.text}`;
    // A range function refuses equal labels even at different steps, the naive one cannot see that.
    if (expected === undefined || result === undefined) {
      assert.ok(result === undefined, `${context}: the naive evaluator fails, the engine does not`);
      continue;
    }
    answered += 1;
    samples += expected.reduce((sum, elements) => sum + elements.length, 0);
    assert.deepEqual(differences(result, expected, one), [], context);
  }
  assert.ok(answered > CASES / 3 && samples > CASES, `PLIMSOLL_SEED=${SEED}: most cases have answers`);
});

test('a wrong evaluator is caught', async () => {
  for (let index = 0; index < 50; index += 1) {
    const one = makeCase(index);
    const expected = reference(one);
    const result = await evaluateCase(one);
    if (
      expected === undefined ||
      result === undefined ||
      expected.every((elements) => elements.length === 0)
    ) {
      continue;
    }
    const wrong = expected.map((elements) =>
      elements.map(({ labels, value }) => ({ labels, value: value + 1 })),
    );
    assert.notDeepEqual(differences(result, wrong, one), []);
    return;
  }
  assert.fail('no case had an answer');
});
