import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestOf, healthyOf, summaryOf } from '#dashboards/console/core/incident/spans.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

function culprit(words: readonly SpanWords[], suspect?: string) {
  const found = summaryOf(traceOf(words), suspect)?.culprit;
  return found === undefined ? undefined : [found.kind, found.spanId];
}

test('the deepest failed span of the suspect goes before all others', () => {
  const words: readonly SpanWords[] = [
    { id: 'a', service: 'gateway', failed: true },
    { id: 'b', parent: 'a', service: 'quotes', failed: true },
    { id: 'c', parent: 'b', service: 'quotes', failed: true },
    { id: 'd', parent: 'c', service: 'store', failed: true },
  ];
  assert.deepEqual(culprit(words, 'quotes'), ['failed-in', 'c']);
  assert.deepEqual(culprit(words), ['failed', 'd']);
});

test('a suspect that recorded nothing is found by the call to it', () => {
  const words: readonly SpanWords[] = [
    { id: 'a', service: 'gateway', failed: true },
    { id: 'b', parent: 'a', service: 'gateway', failed: true, tags: { 'peer.service': 'quotes' } },
    { id: 'c', parent: 'b', service: 'other', failed: true },
  ];
  assert.deepEqual(culprit(words, 'quotes'), ['failed-call', 'b']);
});

test('what the caller got over does not hide the failure that reached it', () => {
  const words: readonly SpanWords[] = [
    { id: 'a', service: 'gateway', failed: true },
    { id: 'b', parent: 'a', service: 'quotes' },
    { id: 'c', parent: 'b', service: 'quotes', at: 1, failed: true },
    { id: 'd', parent: 'a', service: 'quotes', at: 5, failed: true },
  ];
  assert.deepEqual(culprit(words, 'quotes'), ['failed-in', 'd']);
});

test('where nothing failed it is the span that took longest by itself', () => {
  const words: readonly SpanWords[] = [
    { id: 'a', service: 'gateway', takes: 1000 },
    { id: 'b', parent: 'a', service: 'quotes', takes: 900 },
    { id: 'c', parent: 'b', service: 'quotes', takes: 700 },
  ];
  assert.deepEqual(culprit(words, 'quotes'), ['slow-in', 'c']);
  assert.deepEqual(culprit(words, 'nobody'), ['slow', 'c']);
  const failing = traceOf([{ id: 'd', service: 'gateway', failed: true }, ...words.slice(1)]);
  assert.equal(summaryOf(failing, undefined)?.culprit?.spanId, 'd');
  assert.equal(summaryOf(failing, undefined, 'time')?.culprit?.spanId, 'c');
});

test('a trace is summed up, with the words of its failure', () => {
  const summary = summaryOf(
    traceOf([
      {
        id: 'b',
        parent: 'a',
        service: 'quotes',
        at: 200,
        tags: { 'otel.status_code': 'ERROR', 'http.response.status_code': 500, 'error.type': '500' },
      },
      { id: 'a', service: 'gateway', at: 100, takes: 5000 },
    ]),
    'quotes',
  );
  assert.equal(summary?.rootOperation, 'a');
  assert.equal(summary?.durationMs, 5);
  assert.equal(summary?.errors, 1);
  assert.deepEqual(summary?.services, ['gateway', 'quotes']);
  assert.equal(summary?.culprit?.says, 'HTTP 500');
});

test('orphans, circles, hostile process ids and no spans at all are borne', () => {
  assert.equal(summaryOf(traceOf([]), 'x'), undefined);
  const circle = [
    { id: 'a', parent: 'b', service: 's', failed: true },
    { id: 'b', parent: 'a', service: 's', failed: true },
  ];
  assert.equal(culprit(circle, 's')?.[0], 'failed-in');
  const orphan = traceOf([{ id: 'a', parent: 'gone', service: 'x', failed: true }]);
  const [span] = orphan.spans;
  assert.ok(span);
  const hostile = { ...orphan, spans: [{ ...span, processID: 'constructor' }] };
  assert.equal(summaryOf(hostile, 'x')?.rootService, '');
  assert.deepEqual(culprit([{ id: 'a', parent: 'gone', service: 'x', failed: true }], 'x'), [
    'failed-in',
    'a',
  ]);
});

test('of several traces the surest leads, then the newest; the healthy one is usual', () => {
  const sums = (
    [
      ['gateway', 1000],
      ['quotes', 2000],
      ['quotes', 3000],
    ] as const
  ).flatMap(
    ([service, startUs]) =>
      summaryOf(traceOf([{ id: `${startUs}`, service, at: startUs, failed: true }]), 'quotes') ?? [],
  );
  assert.equal(bestOf(sums)?.culprit?.spanId, '3000');
  assert.equal(bestOf([]), undefined);
  const healthy = [9000, 1000, 5000].flatMap(
    (durationUs) => summaryOf(traceOf([{ id: 'a', service: 's', takes: durationUs }]), undefined) ?? [],
  );
  assert.equal(healthyOf([...healthy, ...sums])?.durationMs, 5);
});
