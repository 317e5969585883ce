import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bestOf,
  healthyOf,
  summaryOf,
  type Trace,
  type TraceSpan,
} from '#dashboards/console/core/incident/spans.ts';

interface SpanDraft {
  readonly id: string;
  readonly parent?: string;
  readonly service: string;
  readonly startUs?: number;
  readonly durationUs?: number;
  readonly tags?: Readonly<Record<string, unknown>>;
}

function traceOf(drafts: readonly SpanDraft[]): Trace {
  const services = [...new Set(drafts.map(({ service }) => service))];
  const spans = drafts.map(
    ({ id, parent, service, startUs = 0, durationUs = 1000, tags = {} }): TraceSpan => ({
      spanID: id,
      operationName: `op ${id}`,
      startTime: startUs,
      duration: durationUs,
      processID: service,
      references: parent === undefined ? [] : [{ refType: 'CHILD_OF', spanID: parent }],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    }),
  );
  const processes = Object.fromEntries(services.map((name) => [name, { serviceName: name }]));
  return { traceID: 't', spans, processes };
}

const FAILED = { error: true };

function culprit(drafts: readonly SpanDraft[], suspect?: string) {
  const found = summaryOf(traceOf(drafts), suspect)?.culprit;
  return found === undefined ? undefined : [found.kind, found.spanId];
}

test('the deepest failed span of the suspect goes before all others', () => {
  const drafts = [
    { id: 'a', service: 'gateway', tags: FAILED },
    { id: 'b', parent: 'a', service: 'quotes', tags: FAILED },
    { id: 'c', parent: 'b', service: 'quotes', tags: FAILED },
    { id: 'd', parent: 'c', service: 'store', tags: FAILED },
  ];
  assert.deepEqual(culprit(drafts, 'quotes'), ['failed-in', 'c']);
  assert.deepEqual(culprit(drafts), ['failed', 'd']);
});

test('a suspect that recorded nothing is found by the call to it', () => {
  const drafts = [
    { id: 'a', service: 'gateway', tags: FAILED },
    { id: 'b', parent: 'a', service: 'gateway', tags: { ...FAILED, 'peer.service': 'quotes' } },
    { id: 'c', parent: 'b', service: 'other', tags: FAILED },
  ];
  assert.deepEqual(culprit(drafts, 'quotes'), ['failed-call', 'b']);
});

test('where nothing failed it is the span that took longest by itself', () => {
  const drafts = [
    { id: 'a', service: 'gateway', durationUs: 1000 },
    { id: 'b', parent: 'a', service: 'quotes', durationUs: 900 },
    { id: 'c', parent: 'b', service: 'quotes', durationUs: 700 },
  ];
  assert.deepEqual(culprit(drafts, 'quotes'), ['slow-in', 'c']);
  assert.deepEqual(culprit(drafts, 'nobody'), ['slow', 'c']);
});

test('a trace is summed up, with the words of its failure', () => {
  const summary = summaryOf(
    traceOf([
      {
        id: 'b',
        parent: 'a',
        service: 'quotes',
        startUs: 200,
        tags: { 'otel.status_code': 'ERROR', 'http.response.status_code': 500, 'error.type': '500' },
      },
      { id: 'a', service: 'gateway', startUs: 100, durationUs: 5000 },
    ]),
    'quotes',
  );
  assert.equal(summary?.rootOperation, 'op a');
  assert.equal(summary?.durationMs, 5);
  assert.equal(summary?.errors, 1);
  assert.deepEqual(summary?.services, ['gateway', 'quotes']);
  assert.equal(summary?.culprit?.says, 'HTTP 500');
});

test('orphans, circles, hostile process ids and no spans at all are borne', () => {
  assert.equal(summaryOf({ traceID: 't', spans: [], processes: {} }, 'x'), undefined);
  const circle = [
    { id: 'a', parent: 'b', service: 's', tags: FAILED },
    { id: 'b', parent: 'a', service: 's', tags: FAILED },
  ];
  assert.equal(culprit(circle, 's')?.[0], 'failed-in');
  const [span] = traceOf([{ id: 'a', parent: 'gone', service: 'constructor', tags: FAILED }]).spans;
  assert.ok(span);
  assert.equal(summaryOf({ traceID: 't', spans: [span], processes: {} }, 'x')?.rootService, '');
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
      summaryOf(traceOf([{ id: `${startUs}`, service, startUs, tags: FAILED }]), 'quotes') ?? [],
  );
  assert.equal(bestOf(sums)?.culprit?.spanId, '3000');
  assert.equal(bestOf([]), undefined);
  const healthy = [9000, 1000, 5000].flatMap(
    (durationUs) => summaryOf(traceOf([{ id: 'a', service: 's', durationUs }]), undefined) ?? [],
  );
  assert.equal(healthyOf([...healthy, ...sums])?.durationMs, 5);
});
