import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#base/clock.ts';
import { isCoded } from '#base/errors.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { QueryAborted } from '#promql/engine/budget.ts';
import { evaluateInstant, evaluateOverRange, type EvaluationOptions } from '#promql/evaluate.ts';
import { parseQuery } from '#promql/syntax/parser.ts';
import { MemoryMetrics } from '#test/support/memory-metrics.ts';

const METRICS = new MemoryMetrics(
  Array.from({ length: 20 }, (_, index) => ({
    labels: { __name__: 'm', i: String(index) },
    samples: Array.from({ length: 100 }, (__, sample) => [sample * 1000, sample] as const),
  })),
);

function options(extra: Partial<EvaluationOptions> = {}): EvaluationOptions {
  return { source: METRICS, clock: new SimulatedClock(), timeoutMs: 1000, ...extra };
}

test('a selector over the series limit is refused', async () => {
  const query = parseQuery('count(m)');
  assert.equal((await evaluateInstant(query, 60_000, options({ seriesMax: 20 }))).samplesRead, 1220);
  await assert.rejects(evaluateInstant(query, 60_000, options({ seriesMax: 19 })), /matches 20 series/);
});

test('a query over the sample limit is refused', async () => {
  const query = parseQuery('count(m) + count(m)');
  await evaluateInstant(query, 60_000, options({ samplesMax: 2440 }));
  await assert.rejects(evaluateInstant(query, 60_000, options({ samplesMax: 2439 })), (error) =>
    isCoded(error, 'PLIM_QUERY_LIMIT'),
  );
});

test('a subquery of too many steps is refused before it costs memory', async () => {
  await assert.rejects(
    evaluateInstant(parseQuery('sum_over_time(vector(1)[1y:1ms])'), 0, options()),
    (error) => isCoded(error, 'PLIM_QUERY_LIMIT'),
  );
});

test('a query out of time says so', async () => {
  const clock = new SimulatedClock();
  const slow = {
    select: (request: Parameters<MemoryMetrics['select']>[0]) => {
      clock.advance(1001);
      return METRICS.select(request);
    },
  };
  await assert.rejects(evaluateInstant(parseQuery('m'), 60_000, options({ clock, source: slow })), (error) =>
    isCoded(error, 'PLIM_QUERY_TIMEOUT'),
  );
});

/** Every look at the clock finds 20 ms gone. */
function hurriedClock(): Clock {
  let nowMs = 0;
  return {
    monotonicMs: () => (nowMs += 20),
    wallMs: () => 0,
    wallNanos: () => 0n,
    startTimer: () => ({ cancel() {} }),
  };
}

test('a query ends in the middle of its work when its caller is gone', async () => {
  const gone = new AbortController();
  const times = { startMs: 0, endMs: 10_000_000, stepMs: 1000 };
  let turns = 0;
  const yieldTurn = (): Promise<void> => {
    turns += 1;
    if (turns === 2) gone.abort(new Error('gone'));
    return Promise.resolve();
  };
  const query = parseQuery('sum(sum_over_time(m[50s]))');
  const patient = options({ clock: hurriedClock(), timeoutMs: 1e9, yieldTurn });
  await assert.rejects(evaluateOverRange(query, times, { ...patient, signal: gone.signal }), QueryAborted);
  const left = turns;
  turns = 2;
  await evaluateOverRange(query, times, patient);
  assert.ok(left < turns, 'it did not run to its end');
});
