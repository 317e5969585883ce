/** Configuration keys against their page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  duration,
  list,
  object,
  optional,
  record,
  required,
  text,
  withDefault,
} from '#base/config/schema.ts';
import { CONFIG_SCHEMA } from '#bin/config.ts';
import { configKeys, configPage } from '#test/tidy/pages.ts';
import { readText } from '#test/tidy/source.ts';

test('the configuration page is what npm run docs writes', () => {
  assert.equal(readText('docs/reference/configuration.md'), configPage(CONFIG_SCHEMA), 'run npm run docs');
});

test('configuration keys are found in objects, lists and records', () => {
  const schema = object({
    a: required(text(), 'The a.'),
    b: withDefault(duration({ minMs: 0, maxMs: 1e9 }), 90_000, 'The b.'),
    c: optional(list(object({ d: optional(text(), 'The d.') })), 'The c.'),
    e: optional(record(object({ f: optional(text(), 'The f.') })), 'The e.'),
  });
  const keys = configKeys(schema);
  assert.deepEqual(
    keys.map(({ path }) => path),
    ['a', 'b', 'c', 'c[].d', 'e', 'e.*.f'],
  );
  assert.deepEqual(
    keys.slice(0, 3).map(({ byDefault }) => byDefault),
    ['required', '1m30s', 'none'],
  );
});
