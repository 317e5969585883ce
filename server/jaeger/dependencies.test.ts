import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '#signals/matchers.ts';
import { dependenciesOf } from '#server/jaeger/dependencies.ts';
import { MemoryMetrics, type SeriesInput } from '#test/support/memory-metrics.ts';

const START_MS = 1_700_000_000_000;

function line(
  labels: Labels,
  samples: readonly (readonly [second: number, value: number | 'stale'])[],
): SeriesInput {
  return {
    labels: { __name__: 'traces_service_graph_request_total', ...labels },
    samples: samples.map(([second, value]) => [START_MS + second * 1000, value]),
  };
}

async function calls(
  series: readonly SeriesInput[],
  startS: number,
  endS: number,
): Promise<readonly string[]> {
  const range = { startMs: START_MS + startS * 1000, endMs: START_MS + endS * 1000 };
  const found = await dependenciesOf(new MemoryMetrics(series), range);
  return found.map(({ parent, child, callCount }) => `${parent} > ${child}: ${callCount}`);
}

const PAIR = { client: 'gateway', server: 'quotes' };

test('calls are the increase in the range, from the value before it', async () => {
  const series = [
    line(PAIR, [
      [0, 0],
      [5, 3],
      [10, 10],
      [15, 12],
    ]),
  ];
  assert.deepEqual(await calls(series, 0, 20), ['gateway > quotes: 12']);
  assert.deepEqual(await calls(series, 7, 12), ['gateway > quotes: 7']);
  assert.deepEqual(await calls(series, 16, 20), []);
  assert.deepEqual(await calls(series, -100, -1), []);
});

test('a counter that began anew counts from zero, staleness is no value', async () => {
  const series = [
    line(PAIR, [
      [0, 5],
      [5, 9],
      [6, 'stale'],
      [10, 2],
      [15, 4],
    ]),
  ];
  assert.deepEqual(await calls(series, 0, 20), ['gateway > quotes: 8']);
});

test('kinds of connection are one pair, pairs stand in order, the overflow is no pair', async () => {
  const series = [
    line({ client: 'z', server: 'a' }, [
      [0, 0],
      [5, 1],
    ]),
    line({ ...PAIR, connection_type: 'virtual_node' }, [
      [0, 0],
      [5, 2],
    ]),
    line(PAIR, [
      [0, 0],
      [5, 3],
    ]),
    line({ client: 'gateway', server: 'billing' }, [
      [0, 0],
      [5, 4],
    ]),
    line({ client: 'idle', server: 'billing' }, [
      [0, 4],
      [5, 4],
    ]),
    line({ otel_metric_overflow: 'true' }, [
      [0, 0],
      [5, 100],
    ]),
  ];
  assert.deepEqual(await calls(series, 0, 5), ['gateway > billing: 4', 'gateway > quotes: 5', 'z > a: 1']);
});
