import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endMsAt, SpanMatcher, timeWords } from '#alerting/slo/core/span-matcher.ts';
import type { Indicator, SpanSelector } from '#signals/openslo/model.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';

const START = 1_800_000_000_999_999_900n;

function columnsOf(span: Partial<TestSpan>) {
  const defaults = { traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1' };
  return scanSpans(
    buildTraces({
      service: 'quotes',
      resource: { region: 'north' },
      spans: [{ ...defaults, startNanos: START, endNanos: START + 300_000_000n, ...span }],
    }),
  );
}

function matcher(
  change: Partial<SpanSelector>,
  indicator: Indicator = { kind: 'availability' },
): SpanMatcher {
  const kinds = ['server', 'consumer'] as const;
  return new SpanMatcher(
    { service: 'quotes', operation: undefined, kinds, attributes: {}, ...change },
    indicator,
  );
}

const SELECTIONS: readonly [
  why: string,
  selector: Partial<SpanSelector>,
  span: Partial<TestSpan>,
  counts: boolean,
][] = [
  ['a server span', {}, {}, true],
  ['a consumer span', {}, { kind: 5 }, true],
  ['a client span', {}, { kind: 3 }, false],
  ['an internal span, when asked for', { kinds: ['internal'] }, { kind: 1 }, true],
  ['the operation', { operation: 'POST /quotes' }, { name: 'POST /quotes' }, true],
  ['an operation that only begins so', { operation: 'POST /quotes' }, { name: 'POST /quotes/7' }, false],
  ['an attribute', { attributes: { route: '/q' } }, { attributes: { route: '/q' } }, true],
  ['another value', { attributes: { route: '/q' } }, { attributes: { route: '/r' } }, false],
  ['a number as text', { attributes: { code: '404' } }, { attributes: { code: 404n } }, true],
  ['a truth value as text', { attributes: { cached: 'false' } }, { attributes: { cached: false } }, true],
  ['an attribute of the resource', { attributes: { region: 'north' } }, {}, true],
  [
    'the span before the resource',
    { attributes: { region: 'north' } },
    { attributes: { region: 'x' } },
    false,
  ],
  ['only one of two', { attributes: { a: '1', b: '2' } }, { attributes: { a: '1' } }, false],
];
for (const [why, selector, span, counts] of SELECTIONS) {
  test(`${counts ? 'counts' : 'leaves out'}: ${why}`, () => {
    assert.equal(matcher(selector).matches(columnsOf(span), 0), counts);
  });
}

const JUDGED: readonly [why: string, indicator: Indicator, span: Partial<TestSpan>, bad: boolean][] = [
  ['no status', { kind: 'availability' }, {}, false],
  ['status OK', { kind: 'availability' }, { statusCode: 1 }, false],
  ['status ERROR', { kind: 'availability' }, { statusCode: 2 }, true],
  ['exactly the threshold', { kind: 'latency', thresholdMs: 300 }, {}, false],
  ['a nanosecond longer', { kind: 'latency', thresholdMs: 300 }, { endNanos: START + 300_000_001n }, true],
  ['fast but failed', { kind: 'latency', thresholdMs: 1000 }, { statusCode: 2 }, true],
  ['ended before it began', { kind: 'latency', thresholdMs: 1 }, { endNanos: START - 5n }, false],
];
for (const [why, indicator, span, bad] of JUDGED) {
  test(`${bad ? 'bad' : 'good'}: ${why} (${indicator.kind})`, () => {
    const columns = columnsOf(span);
    assert.equal(matcher({}, indicator).isBad(columns, timeWords(columns), 0), bad);
  });
}

test('the millisecond of an end time is exact where a double would round up', () => {
  for (const endNanos of [START, START + 99n, START + 100n, 0n, 2n ** 63n - 1n]) {
    const words = timeWords(columnsOf({ endNanos }));
    assert.equal(endMsAt(words, 0), Number(endNanos / 1_000_000n));
  }
});
