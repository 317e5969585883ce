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
const CHARACTERS = [
  ...Array.from('aB1_.\':,;-/ @日ひカー한ש"é'),
  '\u0301',
  '\u200d',
  '🙂',
  'İ',
  'Σ',
  '٣',
  '\u00ad',
  'ไ',
  '$',
  '+',
  ' ',
];

export function elasticsearchPhrases(random: Random, count: number): readonly string[] {
  const drawn = Array.from({ length: count }, () =>
    Array.from({ length: 2 + random.below(9) }, () => one(random, CHARACTERS)).join(''),
  );
  return [...HARD, ...drawn];
}
