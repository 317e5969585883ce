import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alikeBy, alikeTraces } from '#dashboards/console/core/incident/alike.ts';
import { summaryOf, type TraceSummary } from '#dashboards/console/core/incident/spans.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

function failing(at: number, takes: number, tags: SpanWords['tags'] = {}): TraceSummary {
  const root = { id: `r${at}`, service: 'gateway', operation: 'POST /quotes', at, takes };
  const call = { id: `c${at}`, parent: root.id, service: 'gateway', operation: 'POST', at, takes: 1 };
  const summary = summaryOf(traceOf([root, { ...call, failed: true, tags }], `${at}`), 'quotes');
  assert.ok(summary);
  return summary;
}

test('the same request that failed the same way is one row, the newest leads', () => {
  const groups = alikeTraces([
    failing(1000, 4000, { 'http.response.status_code': 500 }),
    failing(3000, 9000, { 'http.response.status_code': 500 }),
    failing(2000, 2000, { 'http.response.status_code': 500 }),
    failing(5000, 1000, { 'http.response.status_code': 503 }),
  ]);
  assert.deepEqual(
    groups.map(({ newest, others, shortestMs, longestMs }) => [
      newest.culprit?.says,
      [newest, ...others].map(({ traceId }) => traceId),
      shortestMs,
      longestMs,
    ]),
    [
      ['HTTP 503', ['5000'], 1, 1],
      ['HTTP 500', ['3000', '2000', '1000'], 2, 9],
    ],
  );
});

test('ports, durations and ids do not make two failures of one', () => {
  const told = (at: number, text: string): TraceSummary =>
    failing(at, 1, { 'otel.status_description': text });
  assert.equal(
    alikeTraces([
      told(1, 'connect ECONNREFUSED 127.0.0.1:31316'),
      told(2, 'connect ECONNREFUSED 127.0.0.1:31999'),
    ]).length,
    1,
  );
  assert.equal(alikeTraces([told(1, 'no answer in 1003 ms'), told(2, 'no answer in 998.5ms')]).length, 1);
  assert.equal(
    alikeTraces([
      told(1, 'no shipment 4f6b9c1d-77aa-4c10-9a53-0123456789ab'),
      told(2, 'no shipment 00b7aa3c-12fe-4d42-8f1e-ba9876543210'),
    ]).length,
    1,
  );
  assert.equal(alikeTraces([told(1, 'pool is empty'), told(2, 'circuit open')]).length, 2);
});

test('nothing to group is borne', () => {
  assert.deepEqual(alikeTraces([]), []);
  const [alone] = alikeBy([{ startMs: 1, durationMs: 5 }], () => 'all');
  assert.deepEqual([alone?.others, alone?.shortestMs, alone?.longestMs], [[], 5, 5]);
});
