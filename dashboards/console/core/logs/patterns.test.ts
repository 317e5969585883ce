import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogPattern } from '#dashboards/console/core/logs/answers.ts';
import {
  countsOf,
  groupedPatterns,
  literalOf,
  rankPatterns,
} from '#dashboards/console/core/logs/patterns.ts';

function pattern(text: string, severity: string, count: number, baselineCount: number): LogPattern {
  const at = '1800000000000000000';
  return {
    pattern: text,
    service: 'dispatch',
    severity,
    count,
    baselineCount,
    firstUnixNanos: at,
    lastUnixNanos: at,
    exampleId: 'a',
    example: text,
  };
}

test('new ones first and of them the worst, then by count', () => {
  const ranked = rankPatterns([
    pattern('usual', 'info', 900, 880),
    pattern('new info', 'info', 50, 0),
    pattern('usual error', 'error', 10, 5),
    pattern('new error', 'error', 3, 0),
  ]);
  assert.deepEqual(
    ranked.map(({ pattern: text, isNew, growth }) => [text, isNew, growth]),
    [
      ['new error', true, null],
      ['new info', true, null],
      ['usual', false, 900 / 880],
      ['usual error', false, 2],
    ],
  );
});

test('the longest text between placeholders can be searched for', () => {
  assert.equal(literalOf('tender <id> declined by carrier <str> after <num> ms'), 'declined by carrier');
  assert.equal(literalOf('<num> <id>'), '');
  assert.equal(literalOf('a <num>'), '');
  assert.equal(literalOf('\u001B[<num>;<num>mno carrier\u001B[<num>m for <id>'), 'no carrier');
});

test('colours of a terminal are no part of a template', () => {
  const [ranked] = rankPatterns([pattern('\u001B[<num>mred\u001B[0m <num>', 'info', 1, 1)]);
  assert.equal(ranked?.template, 'red <num>');
});

test('the same message of several services is one group, unless it is new in some only', () => {
  const of = (service: string, text: string, baselineCount: number, severity = 'warn'): LogPattern => ({
    ...pattern(text, severity, 2, baselineCount),
    service,
  });
  const groups = groupedPatterns(
    rankPatterns([
      of('quotes', 'pool is empty', 0),
      of('billing', 'listening', 1),
      of('dispatch', 'pool is empty', 0),
      of('tracking', 'pool is empty', 3),
      of('broker', 'pool is empty', 0, 'error'),
      of('broker', 'listening', 4),
    ]),
  );
  assert.deepEqual(
    groups.map((group) => [group[0].template, group.map(({ service }) => service), countsOf(group)]),
    [
      ['pool is empty', ['broker'], { count: 2, baselineCount: 0, growth: null }],
      ['pool is empty', ['quotes', 'dispatch'], { count: 4, baselineCount: 0, growth: null }],
      ['listening', ['billing', 'broker'], { count: 4, baselineCount: 5, growth: 0.8 }],
      ['pool is empty', ['tracking'], { count: 2, baselineCount: 3, growth: 2 / 3 }],
    ],
  );
});
