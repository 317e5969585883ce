import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byKey } from '#base/by-key.ts';

test('made once of the same key, but not of long ones, nor of more than a few thousand', () => {
  const made: string[] = [];
  const get = byKey((key) => {
    made.push(key);
    return { key };
  });
  assert.equal(get('a'), get('a'));
  assert.deepEqual(made, ['a']);
  const long = 'x'.repeat(257);
  assert.deepEqual([get(long).key, get(long).key], [long, long]);
  assert.equal(made.length, 3);
  for (let index = 0; index < 5000; index += 1) get(String(index));
  get('a');
  assert.equal(made.at(-1), 'a', 'forgotten meanwhile');
});
