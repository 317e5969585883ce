/** What our remote write does to a real Prometheus, beside what the contracts show. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isMissing, type EngineAnswer } from '#test/engines/engine.ts';
import { exportAll, prometheusReader, remoteWriteExporter } from '#test/engines/metrics-backend.ts';
import { journalRecord, plainSamples } from '#test/support/journal-records.ts';
import { buildMetrics } from '#test/support/otlp.ts';

const T = 1_700_000_000_000;

/** @param engine takes no late samples, so that some can be refused */
export function remoteWriteTests(engine: EngineAnswer): void {
  if (isMissing(engine)) {
    void test('remote write to a real Prometheus', (t) => t.skip(engine.missing));
    return;
  }
  after(() => engine[Symbol.asyncDispose]());
  const { url } = engine;
  const name = `Prometheus ${engine.version}`;
  const reader = prometheusReader(url);
  const valuesOf = async (metric: string): Promise<number[][]> => {
    const matchers = [{ name: '__name__', operator: '=', value: metric } as const];
    const series = await reader.select({ matchers, startMs: 0, endMs: 2 * T });
    return series
      .toSorted((a, b) => JSON.stringify(a.labels).localeCompare(JSON.stringify(b.labels)))
      .map(({ values }) => [...values]);
  };

  void test(`${name}: late samples are told by place, and all others are there`, async () => {
    await using exporter = remoteWriteExporter(url);
    const job = (number: number) => ({ __name__: 'late', job: String(number).padStart(3, '0') });
    const many = Array.from({ length: 100 }, (_, index) => job(index));
    await exportAll(exporter, [
      plainSamples(
        1,
        many.map((labels) => [labels, T, 1] as const),
      ),
    ]);
    const late = new Set([3, 57, 99]);
    const next = many.map((labels, index) => [labels, late.has(index) ? T - 10 : T + 10, 2] as const);
    const { refused } = await exportAll(exporter, [plainSamples(2, next)]);
    assert.deepEqual(
      refused.map(({ ordinal, items, reason }) => [ordinal, items, reason]),
      [...late].map((ordinal) => [ordinal, 1, 'out_of_order']),
    );
    const stored = await valuesOf('late');
    assert.deepEqual(
      stored,
      many.map((_, index) => (late.has(index) ? [1] : [1, 2])),
    );
  });

  void test(`${name}: what is sent again is there once, and no loss`, async () => {
    await using exporter = remoteWriteExporter(url);
    const times = [0, 1, 2, 3].map((second) => [{ __name__: 'again' }, T + second, second] as const);
    const records = [plainSamples(1, times)];
    const { signal } = new AbortController();
    for (const mayRepeat of [false, true, true]) {
      assert.deepEqual(await exporter.export({ records, mayRepeat, signal }), { refused: [] });
    }
    assert.deepEqual(await valuesOf('again'), [[0, 1, 2, 3]]);
    const changed = [plainSamples(2, [[{ __name__: 'again' }, T + 1, 77]])];
    const { refused } = await exporter.export({ records: changed, mayRepeat: true, signal });
    assert.equal(refused.length, 1, 'another value at that time is not what is there');
  });

  void test(`${name}: OTLP metrics get the names and the target of Prometheus`, async () => {
    await using exporter = remoteWriteExporter(url);
    const nanos = BigInt(T) * 1_000_000n;
    const body = buildMetrics({
      service: 'shop',
      resource: { 'service.instance.id': 'i-1', zone: 'a' },
      metrics: [
        { kind: 'sum', name: 'http.requests', unit: '1', points: [{ nanos, value: 5 }] },
        {
          kind: 'histogram',
          name: 'wait',
          unit: 's',
          points: [{ nanos, bounds: [0.5, 1], counts: [1, 2, 3], sum: 9 }],
        },
      ],
    });
    assert.deepEqual(await exportAll(exporter, [journalRecord(1, 'otlp-metrics', 2, body)]), { refused: [] });
    const found = await reader.series({
      sets: [[{ name: 'job', operator: '=', value: 'shop' }]],
      startMs: 0,
      endMs: 2 * T,
      limit: 0,
    });
    const names = found.map((labels) => `${labels['__name__']}${labels['le'] ?? ''}`).toSorted();
    assert.deepEqual(names, [
      'http_requests_total',
      'target_info',
      'wait_seconds_bucket+Inf',
      'wait_seconds_bucket0.5',
      'wait_seconds_bucket1.0',
      'wait_seconds_count',
      'wait_seconds_sum',
    ]);
    assert.ok(found.every(({ instance }) => instance === 'i-1'));
  });
}
