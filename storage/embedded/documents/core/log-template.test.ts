import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { cutText, TEMPLATE_CHARS_MAX, templateOf } from '#storage/embedded/documents/core/log-template.ts';
import { promptly } from '#test/support/promptly.ts';

const TEMPLATES: readonly (readonly [message: string, template: string])[] = [
  ['', ''],
  ['carrier answered', 'carrier answered'],
  ['took 12ms, 3.5 % of 1,000', 'took <num>ms, <num> % of <num>'],
  ['offset -4 to 5-9', 'offset <num> to <num>-<num>'],
  ['rate 1e-9 and 2.5E7', 'rate <num> and <num>'],
  ['Q12345 of utf8', 'Q<num> of utf<num>'],
  ['at 2026-01-31T12:00:00.123Z', 'at <num>-<num>-<num>T<num>:<num>:<num>Z'],
  ['shipment 3f2504e0-4f89-41d3-9a0c-0305e82c3301 gone', 'shipment <id> gone'],
  ['shp_8f3a2b1c and 0xDEADBEEF0', 'shp_<id> and <id>'],
  ['01ARZ3NDEKTSV4RRFFQ69G5FAV stored', '<id> stored'],
  ['abcdef12 deadbeef', '<id> deadbeef'],
  ['dispatcher42 of 20260131', 'dispatcher<num> of <num>'],
  ['from 10.0.0.1:5432 and 1.2.3.4', 'from <ip>:<num> and <ip>'],
  ['version 1.2.3.4.5', 'version <num>'],
  ['to [fe80::1]:80, ::1 or 2001:db8:0:0:0:0:2:1', 'to [<ip>]:<num>, <ip> or <ip>'],
  ['std::vector a::b 12:34:56', 'std::vector a::b <num>:<num>:<num>'],
  ['no "such \\"file\\" 7" in \'a b\'', 'no <str> in <str>'],
  ["can't and won't 5", "can't and won't <num>"],
  ['{"a":"b","n":7}', '{"a":<str>,"n":<num>}'],
  ['"a\\\nb" 5', '<str> <num>'],
  ['an open "quote 5', 'an open <str>'],
  ['cut within "an escape \\', 'cut within <str>'],
  ['zażółć 🚢 5', 'zażółć 🚢 <num>'],
  ['<num> stays', '<num> stays'],
];

test('what changes becomes a placeholder, what stays stays', () => {
  deepEqual(
    TEMPLATES.map(([message]) => [message, templateOf(message)]),
    TEMPLATES,
  );
});

test('a template is stable: made of itself it is itself', () => {
  for (const [, template] of TEMPLATES) equal(templateOf(template), template);
});

test('long messages are cut, never within a character', () => {
  equal(templateOf('x '.repeat(1000)), `${'x '.repeat(TEMPLATE_CHARS_MAX / 2)}…`);
  equal(cutText('ab🚢', 3), 'ab…');
  equal(cutText('ab🚢', 4), 'ab🚢');
});

test('hostile messages take no longer than others', async (t) => {
  for (const hostile of [
    '"',
    '\\',
    "'",
    "'a'b",
    '1.',
    'a:',
    ':',
    '1e',
    '-',
    '"\\',
    '\\"',
    'f',
    'f1',
    '1:2:',
  ]) {
    const message = hostile.repeat(Math.ceil(20_000 / hostile.length));
    // What grows with the square takes seconds.
    await promptly(t, `${JSON.stringify(hostile)} …`, 500, async () => {
      const startMs = performance.now();
      templateOf(message);
      return performance.now() - startMs;
    });
  }
});
