import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';
import { Source } from '#alerting/slo/core/sources.ts';
import type { RecordKind } from '#signals/records.ts';

const START = 1_800_000_000_000;

function regular(source: Source, kind: RecordKind, everyMs: number, count: number): number {
  for (let index = 0; index < count; index += 1) source.seen(START + index * everyMs, kind, 1);
  return START + (count - 1) * everyMs;
}

test('fewer than three arrivals are no habit', () => {
  const source = new Source('quotes');
  regular(source, 'otlp-logs', 1000, 2);
  assert.equal(source.silenceMsMax(), undefined);
  source.seen(START + 2000, 'otlp-logs', 1);
  assert.equal(source.silenceMsMax(), 30_000);
});

/** Kind, pause between arrivals, and the silence that is allowed. */
const HABITS: readonly [kind: RecordKind, everyMs: number, atLeastMs: number, atMostMs: number][] = [
  ['otlp-metrics', 10_000, 30_000, 36_000],
  ['otlp-metrics', 60_000, 120_000, 120_000],
  ['otlp-metrics', 300_000, 900_000, 1_080_000],
  ['otlp-logs', 1000, 30_000, 30_000],
  ['otlp-logs', 60_000, 180_000, 216_000],
  ['otlp-traces', 5000, 30_000, 30_000],
];
for (const [kind, everyMs, atLeastMs, atMostMs] of HABITS) {
  test(`${kind} every ${everyMs / 1000} s allow ${atLeastMs / 1000} s of silence`, () => {
    const source = new Source('quotes');
    const lastMs = regular(source, kind, everyMs, 30);
    const allowedMs = source.silenceMsMax() ?? Infinity;
    assert.ok(allowedMs >= atLeastMs && allowedMs <= atMostMs, `${allowedMs} ms`);
    assert.equal(source.judge(lastMs + Math.floor(allowedMs), 0), false);
    assert.equal(source.judge(lastMs + Math.ceil(allowedMs) + 1, 0), true);
  });
}

test('requests that stop are not silence while metrics keep their beat', () => {
  const source = new Source('quotes');
  for (let second = 0; second < 600; second += 1) {
    source.seen(START + second * 1000, 'otlp-traces', 10);
    if (second % 60 === 0) source.seen(START + second * 1000, 'otlp-metrics', 1);
  }
  assert.equal(source.silenceMsMax(), 120_000);
});

test('random traffic of spans alone is not taken for silence in 10,000 requests', () => {
  for (const meanMs of [1000, 10_000, 50_000]) {
    const random = seededRandom(meanMs);
    const source = new Source('quotes');
    let nowMs = START;
    let falseAlarms = 0;
    for (let index = 0; index < 10_000; index += 1) {
      const gapMs = -Math.log(1 - random.float()) * meanMs;
      if (index > 20 && source.judge(nowMs + gapMs - 1, 0)) falseAlarms += 1;
      nowMs += gapMs;
      source.seen(nowMs, 'otlp-traces', 1);
    }
    assert.equal(falseAlarms, 0, `one span every ${meanMs} ms`);
  }
});

test('blindness ends with a record and never by itself; the silence was not measured', () => {
  const source = new Source('quotes');
  const lastMs = regular(source, 'otlp-metrics', 10_000, 30);
  assert.equal(source.judge(lastMs + 100_000, 0), true);
  assert.equal(source.judge(lastMs + 10_000_000, 0), true);
  assert.equal(source.measuredMs(lastMs - 50_000, lastMs + 100_000), 50_000);
  source.seen(lastMs + 600_000, 'otlp-logs', 1);
  assert.equal(source.judge(lastMs + 600_001, 0), false);
  assert.equal(source.measuredMs(lastMs - 60_000, lastMs + 660_000), 120_000);
});

test('silence counts only while somebody listens', () => {
  const source = new Source('quotes');
  const lastMs = regular(source, 'otlp-logs', 1000, 30);
  assert.equal(source.judge(lastMs + 3_600_000, lastMs + 3_599_000), false);
  assert.equal(source.judge(lastMs + 3_640_000, lastMs + 3_599_000), true);
});

test('holes beyond the limit are joined, the closest first', () => {
  const source = new Source('quotes');
  let nowMs = START;
  let silentMs = 0;
  for (let round = 0; round < 200; round += 1) {
    for (let index = 0; index < 50; index += 1) source.seen((nowMs += 1000), 'otlp-logs', 1);
    nowMs += 3_600_000;
    silentMs += 3_600_000;
  }
  const measuredMs = source.measuredMs(START, nowMs - 3_600_000);
  const trueMs = nowMs - START - silentMs;
  assert.ok(measuredMs <= trueMs && measuredMs > 0.2 * trueMs, `${measuredMs} of ${trueMs} ms`);
});

test('a snapshot carries habits, holes and blindness', () => {
  const before = new Source('quotes');
  const lastMs = regular(before, 'otlp-metrics', 10_000, 30);
  before.seen(lastMs + 500_000, 'otlp-metrics', 1);
  before.judge(lastMs + 900_000, 0);
  const out = new ByteWriter();
  before.write(out);
  const after = new Source('quotes');
  after.read(new ByteReader(out.done()), 2);
  assert.equal(after.blind, true);
  assert.equal(after.silenceMsMax(), before.silenceMsMax());
  assert.equal(after.measuredMs(START, lastMs + 500_000), before.measuredMs(START, lastMs + 500_000));
});

/** Traced requests, a scrape every 5 s, then silence of the spans; `served` goes on counting or not. */
function scraped(options: { readonly upUntilS: number; readonly servesUntilS: number }): Source {
  const source = new Source('quotes');
  for (let second = 0; second < 300; second += 1) {
    const atMs = START + second * 1000;
    if (second < 120) source.seen(atMs, 'otlp-traces', 2);
    if (second % 5 !== 0) continue;
    if (second < options.upUntilS) source.scraped(atMs);
    if (second < options.upUntilS) source.served('/', 2 * Math.min(second, options.servesUntilS), atMs);
  }
  return source;
}

const AT_REST: readonly [why: string, upUntilS: number, servesUntilS: number, blind: boolean][] = [
  ['nobody asks anything of it', 300, 120, false],
  ['it serves requests and no span of them comes', 300, 300, true],
  ['it cannot be scraped either', 120, 120, true],
];
for (const [why, upUntilS, servesUntilS, blind] of AT_REST) {
  test(`a scraped service whose spans stop is ${blind ? 'blind' : 'at rest'}: ${why}`, () => {
    const source = scraped({ upUntilS, servesUntilS });
    assert.equal(source.judge(START + 300_000, 0), blind);
    source.seen(START + 301_000, 'otlp-traces', 1);
    const measuredMs = source.measuredMs(START, START + 301_000);
    assert.equal(measuredMs, blind ? 119_000 : 301_000, 'rest is no hole in what was measured');
  });
}

test('a service that traces few of its requests proves nothing by a missing span', () => {
  const source = new Source('broker');
  for (let second = 0; second < 300; second += 1) {
    const atMs = START + second * 1000;
    if (second < 120 && second % 10 === 0) source.seen(atMs, 'otlp-traces', 1);
    if (second % 5 === 0) source.scraped(atMs);
    if (second % 5 === 0) source.served('/', 10 * second, atMs);
  }
  assert.equal(source.judge(START + 300_000, 0), false);
});
