import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelOf } from '#dashboards/console/core/logs/answers.ts';
import { attributeFilter, fieldsOf, lineOf, messageOf } from '#dashboards/console/core/logs/line.ts';
import { toCsv, toNdjson } from '#dashboards/console/core/logs/download.ts';
import type { LogRecord } from '#dashboards/console/web/data/own-api.ts';

const RECORD: LogRecord = {
  id: 'a.1',
  unixNanos: '1800000000123456789',
  observedUnixNanos: '1800000000123456789',
  severityNumber: 17,
  severityText: 'ERROR',
  eventName: '',
  body: '\u001B[31mno carrier\u001B[0m',
  traceId: 'f'.repeat(32),
  spanId: null,
  attributes: { 'http.route': '/quotes', tries: 3, tags: ['a'] },
  resource: { 'service.name': 'dispatch' },
  scope: { name: 'pino', version: '10' },
};

test('severity numbers fall into ranges of four; others are unset', () => {
  const levels = [0, 1, 4, 5, 9, 12, 13, 17, 20, 21, 24, 25, -1, Number.NaN].map(levelOf);
  const names = 'unset trace trace debug info info warn error error fatal fatal unset unset unset';
  assert.deepEqual(levels, names.split(' '));
});

test('a record becomes a line', () => {
  const line = lineOf(RECORD);
  assert.deepEqual(
    [line.timeMs, line.level, line.service, line.message, line.leftOut],
    [1_800_000_000_123, 'error', 'dispatch', 'no carrier', 0],
  );
  assert.equal(line.beside, 'http.route=/quotes tries=3 tags=["a"]');
  assert.equal(lineOf({ ...RECORD, unixNanos: '0' }).timeMs, 1_800_000_000_123);
  assert.equal(lineOf({ ...RECORD, body: 'x'.repeat(3_000_000) }).leftOut, 2_999_000);
});

test('a structured body is told by its message, or whole', () => {
  assert.equal(messageOf({ ...RECORD, body: { msg: 'hello', n: 1 } }), 'hello');
  assert.equal(messageOf({ ...RECORD, body: { n: 1 } }), '{"n":1}');
  assert.equal(messageOf({ ...RECORD, body: ['a', 2] }), '["a",2]');
  assert.equal(messageOf({ ...RECORD, body: null, eventName: 'started' }), 'started');
  assert.equal(messageOf({ ...RECORD, body: 0 }), '0');
  assert.equal(messageOf({ ...RECORD, body: false }), 'false');
});

test('only plain values can be filtered for', () => {
  assert.deepEqual(attributeFilter('tries', 3), { name: 'attr.tries', value: '3' });
  assert.deepEqual(attributeFilter('ok', false), { name: 'attr.ok', value: 'false' });
  assert.deepEqual(attributeFilter('service.name', 'quotes'), { name: 'service', value: 'quotes' });
  for (const value of [null, undefined, '', [1], { a: 1 }])
    assert.equal(attributeFilter('x', value), undefined);
});

test('fields stand in groups, and what is missing has no row', () => {
  const groups = fieldsOf(lineOf(RECORD));
  assert.deepEqual(
    groups.map(({ name, fields }) => [name, fields.map((one) => one.name)]),
    [
      ['Line', ['body', 'severity', 'service', 'trace id', 'logger']],
      ['Attributes', ['http.route', 'tags', 'tries']],
      ['Resource', ['service.name']],
    ],
  );
  const severity = groups[0]?.fields.find(({ name }) => name === 'severity');
  assert.deepEqual([severity?.text, severity?.filter?.value], ['ERROR (17, error)', 'error']);
});

test('files hold what was sent; no cell is a formula', () => {
  const formula = lineOf({ ...RECORD, body: '=HYPERLINK("http://x.test","y")' });
  assert.deepEqual(JSON.parse(toNdjson([formula])), formula.record);
  const [head, row] = toCsv([formula], () => '2027-01-15T08:00:00.123Z').split('\r\n');
  assert.equal(head, 'time,unix_nanos,severity,service,message,trace_id,span_id,attributes');
  assert.ok(row?.includes(`"'=HYPERLINK(""http://x.test"",""y"")"`), row);
});
