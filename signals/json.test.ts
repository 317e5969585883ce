import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from '#signals/json.ts';

test('keys of backslashes and quotes are told apart, whatever was parsed before', () => {
  for (const key of ['\\', '"', '\\"', '"\\', 'a\\', 'a"', 'a\\"b', '\\u0022']) {
    for (const other of ['\\', '"', 'a\\', 'a"', '\\u0022']) {
      const object = { first: 1, [other]: 2 };
      assert.deepEqual(parseJson(JSON.stringify(object)), object);
      assert.deepEqual(Object.keys(parseJson(JSON.stringify({ first: 1, [key]: 2 })) as object), [
        'first',
        key,
      ]);
    }
  }
});

test('what was written is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      assert.equal(JSON.stringify(parseJson(text)), text);
    }),
  );
});

test('__proto__ is a key like any other, and no JSON is refused', () => {
  const read = parseJson('{"__proto__":{"\\u0061":1}}') as object;
  assert.deepEqual(Object.getOwnPropertyNames(read), ['__proto__']);
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.throws(() => parseJson('{"a\\n":1'));
});
