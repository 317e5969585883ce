/** Texts that are hard to take apart into words. */
import type { Random } from '#base/random.ts';
import { one } from '#test/engines/search-corpus.ts';

const HARD = [
  'GET /v1/quotes?id=42 HTTP/1.1 500',
  'foo:bar a.b.c 1.2.3 x1.2y a..b a.1 1.a .5 5. a:1 10:20:30',
  "user@example.com it's O'Neil's ___ a_b _x_ __",
  '3,14 1;2 a,b 1.5e10 -3 +4 10% $5 ٣٫٥ １２３ ½ Ⅳ',
  '日本語テキスト カタカナ ひらがな한국어abc ｱｲｳ ゔーヴァー ー ﾞ',
  'สวัสดีครับ ไทย मराठी हिन्दी שלום ל"ר ארה"ב א\'',
  'emoji 🙂 👩‍👩‍👧 🇩🇪 ❤️ ™ © #1️⃣ ☃ ✔ 5',
  'İstanbul ΣΑΣ Straße ﬁ K a\u200bb a\u00adb na\u0301ive',
  'x'.repeat(600),
];
/** By kinds: what joins, marks and emoji are often beside each other. */
const JOINERS = [
  ...Array.from('"\':._#1aカ々日ก👍🙂🇩🏻Ⓜℹא'),
  '\u200d',
  '\ufe0f',
  '\u0301',
  '\u20e3',
  '\u0e31',
  '\u{e0067}',
  '\u{e007f}',
];
const CHARACTERS = [
  ...JOINERS,
  ...Array.from('bB,;-/ @$+\r\nひー한각ᄀㄱש"éİΣςßﬁⅣª〇*🅰🅾ⓐ★☃❤☀🏴🇪🇫🏿〰㊗ｶﾞＡ１٣٫३१ไິປລမာאּﬠ׳״‿\u202f€'),
  '\u00ad',
  '\u200b',
  '\u200c',
  '\u200e',
  '\u2060',
  '\ufeff',
  '\ufe0e',
  '\u0903',
  '\u3099',
  '\u2019',
  '\u2024',
  '\u00b7',
  '\u055f',
  '\u05f3',
  '\u066c',
  '\u02c2',
  '\uaa80',
  '\u{e0001}',
  '\u{10400}',
  '\u{11700}',
  '\u{1d400}',
  '\u{20000}',
  // Half of a pair; a server drops the whole text when it ends in one.
  '\ude42',
  '\ud83d.',
];
/** Near to the length at which words are cut. */
const REPETITIONS_MAX = 320;

function drawn(random: Random): string {
  const kind = random.below(20);
  const characters = kind < 9 ? JOINERS : CHARACTERS;
  const length = 1 + random.below(kind === 0 ? 3 : 10);
  return Array.from({ length }, () => {
    const character = one(random, characters);
    return kind === 0 ? character.repeat(1 + random.below(REPETITIONS_MAX)) : character;
  }).join('');
}

export function elasticsearchPhrases(random: Random, count: number): readonly string[] {
  return [...HARD, ...Array.from({ length: count }, () => drawn(random))];
}
