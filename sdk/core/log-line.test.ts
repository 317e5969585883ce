import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { readLine } from '#sdk/core/log-line.ts';

const TRACE = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), trace_flags: 1 };

test('a line of pino becomes a record', () => {
  const line = JSON.stringify({
    level: 40,
    time: 1_795_250_000_123,
    'service.name': 'quotes',
    ...TRACE,
    lane: { from: 'BER' },
    msg: 'slow',
  });
  deepEqual(readLine(line), {
    hrTime: [1_795_250_000, 123_000_000],
    hrTimeObserved: [1_795_250_000, 123_000_000],
    severityNumber: 13,
    severityText: 'WARN',
    body: 'slow',
    attributes: { lane: { from: 'BER' } },
    spanContext: { traceId: TRACE.trace_id, spanId: TRACE.span_id, traceFlags: 1 },
    droppedAttributesCount: 0,
  });
});

test('an error gets the names of the exception conventions', () => {
  const { attributes } = readLine(
    JSON.stringify({
      level: 50,
      time: 1,
      err: { type: 'TypeError', message: 'no', stack: 'at x' },
      msg: 'm',
    }),
  );
  deepEqual(attributes, {
    'exception.type': 'TypeError',
    'exception.message': 'no',
    'exception.stacktrace': 'at x',
  });
});

test('what is not a line of pino is told as it is', () => {
  for (const line of ['Segmentation fault\n', '[1,2]', '"text"', '{"level":']) {
    const record = readLine(line);
    equal(record.body, line.trimEnd());
    deepEqual([record.severityNumber, record.hrTime], [0, [0, 0]]);
  }
});

test('ids that are none join nothing', () => {
  for (const ids of [
    { trace_id: 'x', span_id: 'y' },
    { ...TRACE, span_id: 7 },
    { trace_id: TRACE.trace_id },
  ]) {
    equal(readLine(JSON.stringify({ level: 30, time: 1, ...ids, msg: '' })).spanContext, undefined);
  }
});
