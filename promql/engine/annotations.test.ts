import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Annotations, ANNOTATIONS_MAX } from '#promql/engine/annotations.ts';

test('notes have their place, come once, and are cut with a count', () => {
  const notes = new Annotations('a\n + b');
  notes.warn('odd', 5);
  notes.warn('odd', 5);
  assert.deepEqual(notes.warnings, ['PromQL warning: odd (2:4)']);
  for (let index = 0; index < ANNOTATIONS_MAX + 3; index += 1) notes.info(`note ${index}`, 0);
  assert.equal(notes.infos.length, ANNOTATIONS_MAX + 1);
  assert.equal(notes.infos.at(-1), '3 more info annotations omitted');
});
