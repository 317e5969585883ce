import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UndoAction } from '#chaos/core/undo.ts';
import { readMessage, ReaperWatch, SILENCE_MS_MAX } from '#chaos/reaper/core/watch.ts';

const undo: UndoAction = { kind: 'continue', process: { pid: 4711, startTicks: 9 } };
const other: UndoAction = { kind: 'remove', file: '/x/.ballast' };

test('silence is what the reaper waits for', () => {
  const watch = new ReaperWatch(0);
  watch.hear({ kind: 'arm', id: 'a', undo }, 100);
  watch.hear({ kind: 'arm', id: 'b', undo: other }, 200);
  assert.deepEqual(watch.due(199 + SILENCE_MS_MAX), []);
  assert.deepEqual(watch.due(200 + SILENCE_MS_MAX), [other, undo]);
  assert.deepEqual(watch.due(300 + SILENCE_MS_MAX), [other, undo], 'as long as it lasts');
  watch.hear({ kind: 'beat' }, 400 + SILENCE_MS_MAX);
  assert.deepEqual(watch.due(401 + SILENCE_MS_MAX), []);
  watch.hear({ kind: 'disarm', id: 'a' }, 500 + SILENCE_MS_MAX);
  assert.deepEqual(watch.all(), [other]);
});

test('messages are read back; garbage is none', () => {
  for (const message of [{ kind: 'arm', id: 'a', undo }, { kind: 'disarm', id: 'a' }, { kind: 'beat' }])
    assert.deepEqual(readMessage(JSON.stringify(message)), message);
  for (const line of [
    '',
    '{',
    '1',
    'null',
    '{"kind":"arm","id":"a"}',
    '{"kind":"disarm"}',
    '{"kind":"arm","id":1}',
  ])
    assert.equal(readMessage(line), undefined, line);
});
