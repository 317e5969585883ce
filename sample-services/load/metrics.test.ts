import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Summary } from '#sample-services/load/core/statistics.ts';
import type { Stats } from '#sample-services/load/loop.ts';
import { metricsText } from '#sample-services/load/metrics.ts';

const NOTHING: Summary = { requests: 0, errors: 0, lagMs: null, latencyMs: null, steps: {} };
const QUANTILES = { p50: 10, p90: 20, p95: 25, p99: 40, p999: 50, max: 60 };
const STATS: Stats = {
  startedMs: 0,
  nowMs: 1000,
  requestsPerSecond: 20,
  requestsPerSecondNow: 12.5,
  journeys: { started: 4, finished: 2, givenUp: 1 },
  inFlight: 0,
  inFlightMax: 10,
  overLimit: 0,
  thinking: 0,
  logLinesLost: 0,
  sinceStart: { ...NOTHING, steps: { 'POST /quotes': { requests: 9, errors: 2, latencyMs: QUANTILES } } },
  last60s: { ...NOTHING, latencyMs: QUANTILES },
};

test('what customers saw, in the text format', () => {
  const lines = metricsText(STATS).split('\n');
  for (const line of [
    '# TYPE freight_customer_requests_total counter',
    'freight_customer_requests_total{step="POST /quotes",result="answered"} 7',
    'freight_customer_requests_total{step="POST /quotes",result="error"} 2',
    'freight_customer_latency_seconds{quantile="0.95"} 0.025',
    'freight_customer_journeys_total{state="given-up"} 1',
    'freight_customer_expected_requests_per_second 12.5',
  ])
    assert.ok(lines.includes(line), line);
});

test('before the first request there is nothing to tell of latency', () => {
  const text = metricsText({ ...STATS, sinceStart: NOTHING, last60s: NOTHING });
  assert.doesNotMatch(text, /^freight_customer_(?:latency|requests)/m);
});
