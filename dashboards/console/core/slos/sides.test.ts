import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sidesOf, type SideSpan, type SideTrace } from '#dashboards/console/core/slos/sides.ts';

const PROCESSES = { a: { serviceName: 'a' }, b: { serviceName: 'b' } };

function span(
  spanID: string,
  processID: string,
  parent: string | undefined,
  more: Partial<SideSpan> = {},
): SideSpan {
  const references = parent === undefined ? [] : [{ refType: 'CHILD_OF', spanID: parent }];
  const tags = [{ key: 'span.kind', value: 'server' }];
  return {
    spanID,
    processID,
    operationName: spanID,
    startTime: 1000,
    duration: 5000,
    references,
    tags,
    ...more,
  };
}

const FAILED = [
  { key: 'span.kind', value: 'server' },
  { key: 'error', value: true },
];
const trace = (traceID: string, spans: readonly SideSpan[]): SideTrace => ({
  traceID,
  spans,
  processes: PROCESSES,
});

test('a trace is bad when the service itself answered badly, not when it called somebody who did', () => {
  const bad = trace('1', [span('x', 'a', undefined, { tags: FAILED })]);
  const good = trace('2', [span('x', 'a', undefined), span('y', 'b', 'x', { tags: FAILED })]);
  const sides = sidesOf([bad, good, bad], { service: 'a', longerThanMs: undefined });
  assert.deepEqual(
    [sides.bad.map(({ traceID }) => traceID), sides.good.map(({ traceID }) => traceID)],
    [['1'], ['2']],
  );
  assert.equal(sidesOf([good], { service: 'a', longerThanMs: 4 }).bad.length, 1);
});
