import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '#alerting/router/core/fingerprint.ts';

// The first two are the values prometheus/common checks itself against (model/signature_test.go).
const CASES: readonly (readonly [labels: Record<string, string>, expected: bigint])[] = [
  [{}, 14695981039346656037n],
  [{ name: 'garland, briggs', fear: 'love is not enough' }, 5799056148416392346n],
];

for (const [labels, expected] of CASES) {
  test(`fingerprint of ${JSON.stringify(labels)}`, () => {
    assert.equal(fingerprint(labels), expected.toString(16).padStart(16, '0'));
  });
}

test('the order in which labels were written does not matter', () => {
  assert.equal(fingerprint({ a: '1', b: '2' }), fingerprint({ b: '2', a: '1' }));
  assert.notEqual(fingerprint({ a: '1', b: '2' }), fingerprint({ a: '2', b: '1' }));
});

test('it is always 16 digits', () => {
  for (let index = 0; index < 200; index += 1)
    assert.match(fingerprint({ n: `${index}ü` }), /^[0-9a-f]{16}$/);
});
