import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from '#dashboards/console/core/sse.ts';

test('events are whole however the text is cut', () => {
  const text = 'retry: 1000\n\n: alive\n\nevent: slos\nid: 1\ndata: {"a":1}\n\ndata: x\ndata: y\r\n\r\n';
  const wanted = [
    { event: 'slos', data: '{"a":1}' },
    { event: 'message', data: 'x\ny' },
  ];
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
    assert.deepEqual(events, wanted, `pieces of ${size}`);
  }
});

test('an event that never ends is refused', () => {
  const parser = new EventParser();
  assert.throws(() => {
    for (let piece = 0; piece < 20; piece += 1) parser.push('x'.repeat(1024 * 1024));
  }, RangeError);
});
