import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals, dailyFactor } from '#sample-services/load/core/arrivals.ts';

const START_MS = 1_700_000_000_000;

function collect(arrivals: Arrivals, untilMs: number): number[] {
  const times: number[] = [];
  for (let at = arrivals.take(untilMs); at !== undefined; at = arrivals.take(untilMs)) times.push(at);
  return times;
}

function newArrivals(options: { seed?: number; perSecond?: number; dayMs?: number } = {}): Arrivals {
  const { seed = 7, perSecond = 100, dayMs } = options;
  return new Arrivals({ seed, perSecond, dayMs, startMs: START_MS });
}

test('gaps are those of a Poisson process: their mean and their spread are 1 / rate', () => {
  const times = collect(newArrivals(), START_MS + 200_000);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(mean - 10) < 0.2, `mean ${mean} ms`);
  assert.ok(Math.abs(deviation - 10) < 0.4, `deviation ${deviation} ms`);
});

test('the same seed gives the same times, however often it is asked; another seed gives others', () => {
  const often = newArrivals();
  const times: number[] = [];
  for (let nowMs = START_MS; nowMs <= START_MS + 5000; nowMs += 1.7) times.push(...collect(often, nowMs));
  const atOnce = collect(newArrivals(), START_MS + 5000).slice(0, times.length);
  assert.equal(times.length, atOnce.length);
  // Adding up the same gap in other portions rounds differently, far below a microsecond.
  for (const [index, at] of times.entries()) assert.ok(Math.abs(at - (atOnce[index] ?? 0)) < 0.001);
  assert.notEqual(collect(newArrivals({ seed: 8 }), START_MS + 5000)[0], times[0]);
});

test('a new rate holds from now on; a crowd comes and goes', () => {
  const arrivals = newArrivals();
  const calm = collect(arrivals, START_MS + 20_000).length;
  arrivals.setRate(START_MS + 20_000, 20);
  const less = collect(arrivals, START_MS + 120_000).length;
  arrivals.crowd(START_MS + 120_000, 10, 10_000);
  const crowd = collect(arrivals, START_MS + 130_000).length;
  const after = collect(arrivals, START_MS + 230_000).length;
  const seen = [calm / 20, less / 100, crowd / 10, after / 100];
  for (const [index, expected] of [100, 20, 200, 20].entries()) {
    const rate = seen[index] ?? 0;
    assert.ok(Math.abs(rate - expected) < expected * 0.12, `${rate}/s, ${expected}/s expected`);
  }
});

test('a rate of 0 brings nobody, and the clock may still be asked', () => {
  const arrivals = newArrivals({ perSecond: 0 });
  assert.deepEqual(collect(arrivals, START_MS + 60_000), []);
  assert.ok(arrivals.nextMs() > START_MS + 60_000 - 1);
});

test('the next due time is never after the next arrival', () => {
  const arrivals = newArrivals({ perSecond: 3 });
  const times: number[] = [];
  for (let nowMs = arrivals.nextMs(); nowMs < START_MS + 30_000; nowMs = arrivals.nextMs()) {
    const found = collect(arrivals, nowMs);
    for (const at of found) assert.ok(nowMs - at < 0.001, `found ${nowMs - at} ms late`);
    times.push(...found);
  }
  assert.ok(times.length > 50);
});

test('the daily curve has mean 1, its least at midnight and its most at noon', () => {
  const dayMs = 86_400_000;
  const samples = Array.from({ length: 1440 }, (_, minute) => dailyFactor(minute * 60_000, dayMs));
  const mean = samples.reduce((sum, factor) => sum + factor, 0) / samples.length;
  assert.ok(Math.abs(mean - 1) < 1e-9);
  assert.equal(Math.min(...samples), samples[0]);
  assert.equal(Math.max(...samples), samples[720]);
  assert.equal(dailyFactor(START_MS, undefined), 1);
});
