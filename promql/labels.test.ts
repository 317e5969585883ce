import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareLabels,
  compareUtf8,
  dropMetricName,
  formatLabels,
  labelOf,
  labelsKey,
  withLabel,
} from '#promql/labels.ts';

test('names of the prototype are labels like others', () => {
  assert.equal(labelOf({}, 'constructor'), '');
  assert.equal(labelOf({}, '__proto__'), '');
  const labels = withLabel({}, '__proto__', 'x');
  assert.equal(labelOf(labels, '__proto__'), 'x');
  assert.equal(labelOf(withLabel(labels, 'a', 'b'), '__proto__'), 'x');
});

test('the order is that of UTF-8 bytes', () => {
  assert.ok(compareUtf8('\u{ffff}', '\u{10000}') < 0);
  assert.ok(compareUtf8('a', 'ab') < 0);
  assert.ok(compareUtf8('Z', '_') < 0);
  assert.equal(compareUtf8('é', 'é'), 0);
  assert.ok(compareLabels({ a: '1' }, { a: '1', b: '2' }) < 0);
  assert.ok(compareLabels({ a: '2' }, { b: '1' }) < 0);
});

test('keys are equal for equal sets only', () => {
  assert.equal(labelsKey({ a: '1', b: '2' }), labelsKey({ b: '2', a: '1', c: '' }));
  assert.notEqual(labelsKey({ a: '1b', c: '' }), labelsKey({ a: '1', b: '' }));
  assert.notEqual(labelsKey({ a: 'b', c: 'd' }), labelsKey({ ab: 'cd' }));
});

test('labels for messages', () => {
  assert.equal(formatLabels({ __name__: 'up' }), 'up');
  assert.equal(formatLabels({ __name__: 'up', a: '1"', 'b.c': '' }), 'up{a="1\\"", "b.c"=""}');
  assert.equal(formatLabels({}), '{}');
  assert.deepEqual(dropMetricName({ __name__: 'a', __type__: 't', __unit__: 'u', x: '1' }), { x: '1' });
});
