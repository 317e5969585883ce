import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrometheusText, samplesOf, sumOf } from '#dashboards/console/core/prometheus-text.ts';

const TEXT = `# HELP a_total Something.
# TYPE a_total counter
a_total{x="1",y="two, \\"three\\"}"} 5
a_total{x="2"} 7
store{s="d"} 1
store{s="d"} 4
plain 1.5e3
top +Inf
none NaN
stamped 3 1700000000000
broken{x="1" 5
words only
`;

test('samples are read with their labels, the last of equals stays', () => {
  const page = parsePrometheusText(TEXT);
  assert.deepEqual({ ...samplesOf(page, 'a_total')[0]?.labels }, { x: '1', y: 'two, "three"}' });
  assert.equal(sumOf(page, 'a_total'), 12);
  assert.equal(sumOf(page, 'a_total', { x: '2' }), 7);
  assert.equal(sumOf(page, 'store'), 4);
  assert.equal(sumOf(page, 'plain'), 1500);
  assert.equal(sumOf(page, 'top'), Infinity);
  assert.equal(sumOf(page, 'none'), NaN);
  assert.equal(sumOf(page, 'stamped'), 3);
  assert.equal(sumOf(page, 'broken'), undefined);
  assert.equal(sumOf(page, 'words'), undefined);
});

test('names from outside are labels like any other', () => {
  const page = parsePrometheusText('m{__proto__="x",constructor="y"} 1\n');
  assert.equal(sumOf(page, 'm', { constructor: 'y' }), 1);
  assert.equal(sumOf(page, 'm', { toString: 'y' }), undefined);
});
