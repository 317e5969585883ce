import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lowerCase, tokenize } from '#signals/elasticsearch/analyzer.ts';

const WORDS: readonly (readonly [text: string, words: string])[] = [
  ['GET /v1/quotes?id=42 500', 'get v1 quotes id 42 500'],
  ['foo:bar a.b.c 1.2.3 a.1 10:20', 'foo:bar a.b.c 1.2.3 a 1 10 20'],
  ["it's x_y __ _z 3,14 a,b", "it's x_y _z 3,14 a b"],
  ['日本語 カタカナ ひら 한국어', '日 本 語 カタカナ ひ ら 한국어'],
  ['İstanbul ΣΑΣ K', 'istanbul σασ k'],
  ['🙂 👩‍👩‍👧 🇩🇪!', '🙂 👩‍👩‍👧 🇩🇪'],
  ['ארה"ב', 'ארה"ב'],
  ['', ''],
];

test('texts fall into words as in Elasticsearch', () => {
  for (const [text, words] of WORDS) {
    assert.equal(
      tokenize(text)
        .map((token) => token.text)
        .join(' '),
      words,
    );
  }
});

test('words know their place, long ones are cut', () => {
  assert.deepEqual(tokenize('a BC'), [
    { text: 'a', start: 0, end: 1 },
    { text: 'bc', start: 2, end: 4 },
  ]);
  assert.deepEqual(
    tokenize('x'.repeat(600)).map(({ start, end }) => end - start),
    [255, 255, 90],
  );
});

test('lower case looks at no neighbours', () => {
  assert.equal(lowerCase('ΟΔΟΣ'), 'οδοσ');
  assert.equal(lowerCase('ABC'), 'abc');
});

test('hostile texts take no longer than their length', () => {
  for (const unit of ['_', '_\u0301', '\u0301', 'a.', '🙂\u200d', 'א"', '_🙂']) {
    assert.ok(tokenize(unit.repeat(20_000)).length >= 0);
  }
});
