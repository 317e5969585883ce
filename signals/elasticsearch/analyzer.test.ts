import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lowerCase, tokenize } from '#signals/elasticsearch/analyzer.ts';
import { promptly } from '#test/support/promptly.ts';

const WORDS: readonly (readonly [text: string, words: string])[] = [
  ['GET /v1/quotes?id=42 500', 'get v1 quotes id 42 500'],
  ['foo:bar a.b.c 1.2.3 a.1 10:20', 'foo:bar a.b.c 1.2.3 a 1 10 20'],
  ["it's x_y __ _z 3,14 a,b", "it's x_y _z 3,14 a b"],
  ['日本語 カタカナ ひら 한국어', '日 本 語 カタカナ ひ ら 한국어'],
  ['İstanbul ΣΑΣ K', 'istanbul σασ k'],
  ['🙂 👩‍👩‍👧 🇩🇪!', '🙂 👩‍👩‍👧 🇩🇪'],
  ['ארה"ב א"ב"ג א\'ב"ג', 'ארה"ב א"ב ג א\'ב"ג'],
  // A joiner goes to what it joins, also when nothing is before it.
  ['カ/\u200d🙂,1$日٣\u0301', 'カ \u200d🙂 1 日 ٣\u0301'],
  ['\u200d\u200da \u200d\u200d🙂 🙂\ufe0f\u200d\u200d👍', 'a \u200d\u200d🙂 🙂\ufe0f\u200d\u200d👍'],
  ['👍🏻👍 🏻 \ufe0f🏻 a🏻', '👍🏻 👍 🏻 🏻 a🏻'],
  ['#\u20e3 #\ufe0f\u20e3 1\ufe0f\u20e32 # *', '#\u20e3 #\ufe0f\u20e3 1\ufe0f\u20e32'],
  ['🇩🇪🇫 🇩\u0301🇪', '🇩🇪 🇩\u0301🇪'],
  ['Ⓜa Ⓜ\u200dℹ Ⓜ\u200d🙂', 'ⓜa ⓜ\u200dℹ ⓜ\u200d🙂'],
  ['🏴\ufe0f\u{e0067}\u{e007f}\u0301a', '🏴\ufe0f\u{e0067}\u{e007f} a'],
  ['々 日々 ★ ⓐ \u02c2 \u0e31ก', '々 日 々 ★ ⓐ \u02c2 \u0e31ก'],
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

test('words are cut where Lucene looks no further', () => {
  const places = (text: string) => tokenize(text).map(({ start, end }) => [start, end]);
  const [kana, joined, joiners] = ['カ'.repeat(221), '_\u0301'.repeat(118), '\u200d'.repeat(270)];
  assert.deepEqual(places(`${kana}${joined}🏻${joiners}`), [
    [0, 255],
    [457, 712],
  ]);
  assert.deepEqual(places(`${'\u200d'.repeat(300)}🙂`), [[47, 302]]);
  assert.deepEqual(places(`${'_'.repeat(300)}a`), [[46, 301]]);
});

/** Some tens of milliseconds where nothing else runs; minutes if it grew with the square. */
const HOSTILE_MS_MAX = 2000;

test('hostile texts take no longer than their length', async (t) => {
  const units = [
    '_',
    '\u0301',
    '\u200d',
    '\ufe0f\u200d',
    '_\u0301',
    'a.',
    '🙂\u200d',
    'א"',
    '_🙂',
    'Ⓜ\u200d',
  ];
  for (const [at, unit] of units.entries()) {
    const head = ['', '#', '_', 'a.', '🙂\ufe0f'][at % 5] ?? '';
    const text = head + unit.repeat(100_000 / unit.length);
    await promptly(t, `${JSON.stringify(head + unit)} …`, HOSTILE_MS_MAX, async () => {
      const startMs = performance.now();
      assert.ok(tokenize(text).length >= 0);
      return performance.now() - startMs;
    });
  }
  for (const head of ['#', 'a_', '🙂\ufe0f'])
    assert.ok(tokenize(head + '\u0301'.repeat(100_000)).length <= 1);
});
