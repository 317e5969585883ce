/**
 * Text to words as Elasticsearch's standard analyzer makes them: word boundaries
 * of Unicode Annex 29, every ideograph and hiragana a word, emoji words too,
 * then lower case, character by character.
 */

export interface Token {
  /** Lower-case. */
  readonly text: string;
  /** Place in the original text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Longer words are cut into pieces, as Lucene's tokenizer does. */
const TOKEN_LENGTH_MAX = 255;

const COMPLEX = String.raw`\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tai_Le}\p{sc=New_Tai_Lue}\p{sc=Tai_Tham}`;
const KANA = String.raw`\p{sc=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70`;
const EXTEND = String.raw`[[\p{M}\p{Cf}\uff9e\uff9f]--[\u200b]]*`;
const LETTER = String.raw`[[\p{L}\p{Nl}]--[\p{Ideographic}\p{sc=Hiragana}${KANA}${COMPLEX}\uff9e\uff9f]]${EXTEND}`;
const DIGIT = String.raw`[\p{Nd}\u066b]${EXTEND}`;
const JOIN = String.raw`\p{Pc}\u202f`;
const JOINER = String.raw`[${JOIN}]${EXTEND}`;
const BETWEEN_LETTERS = String.raw`[:\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a.'\u2018\u2019\u2024\ufe52\uff07\uff0e]${EXTEND}`;
const BETWEEN_DIGITS = String.raw`[,;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b.'\u2018\u2019\u2024\ufe52\uff07\uff0e]${EXTEND}`;
const KATAKANA = String.raw`[${KANA}]${EXTEND}`;
const EMOJI = String.raw`\p{Extended_Pictographic}[\p{Emoji_Modifier}\ufe0f]*${EXTEND}`;

const HEBREW = String.raw`[\u05d0-\u05ea\u05ef-\u05f2]${EXTEND}`;
const LETTERS = String.raw`(?:${HEBREW}(?:"${HEBREW}|'(?!${LETTER}))|${LETTER})(?:${HEBREW}(?:"${HEBREW}|'(?!${LETTER}))|${LETTER}|${BETWEEN_LETTERS}${LETTER})*`;
const DIGITS = String.raw`${DIGIT}(?:${DIGIT}|${BETWEEN_DIGITS}${DIGIT})*`;
const RUN = String.raw`(?:(?:${LETTERS}|${DIGITS})+|(?:${KATAKANA})+)`;

const WORD = new RegExp(
  [
    String.raw`\p{RI}\p{RI}`,
    String.raw`${EMOJI}(?:(?<=\u200d)${EMOJI})*`,
    // A run of joiners is tried from its first one only: from each it would take the square of the time.
    String.raw`(?:(?=[${JOIN}])(?<![${JOIN}]${EXTEND})(?:${JOINER})+)?${RUN}(?:(?:${JOINER})+${RUN})*(?:${JOINER})*`,
    String.raw`[${COMPLEX}]${EXTEND}(?:[${COMPLEX}]${EXTEND})*`,
    String.raw`[\p{Ideographic}\p{sc=Hiragana}]${EXTEND}`,
  ].join('|'),
  'gv',
);

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    for (let at = 0; at < word.length; at += TOKEN_LENGTH_MAX) {
      const piece = word.slice(at, at + TOKEN_LENGTH_MAX);
      const start = match.index + at;
      tokens.push({ text: lowerCase(piece), start, end: start + piece.length });
    }
  }
  return tokens;
}

const PLAIN = /^\p{ASCII}*$/v;

/** Lower case without context: a final sigma is a sigma, a dotted I is an i. */
export function lowerCase(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  let lower = '';
  for (const character of text) lower += character === '\u0130' ? 'i' : character.toLowerCase();
  return lower;
}
