/**
 * What a word is to Elasticsearch's standard analyzer, as one expression: the word
 * boundaries of Unicode Annex 29 and the emoji sequences of Emoji 11. Its classes
 * are those of Unicode 12.1, but letters and digits that came later count as well.
 *
 * At every place the longest word counts. So that one pass finds it without
 * turning back, what could begin two kinds of words has a branch of its own, and
 * runs of what only joins words are tried from their beginning: from each of
 * their characters it would take the square of the time.
 */

/** Grows onto any character before it. */
const MARK = String.raw`[[\p{M}\p{Cf}\p{Emoji_Modifier}\uff9e\uff9f]--[\u200b]]`;
const MARKS = `${MARK}*`;
/** An emoji tells the selectors of its look from other marks. */
const EMOJI_MARKS = String.raw`[${MARK}--[\ufe0e\ufe0f]]*`;

/** Scripts whose words are not told apart. */
const COMPLEX_SCRIPTS = String.raw`\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tai_Le}\p{sc=New_Tai_Lue}\p{sc=Tai_Tham}\p{sc=Tai_Viet}\p{sc=Ahom}`;
const COMPLEX_OTHERS = String.raw`\p{Nd}\u0e4f\u0e5a\u0e5b\u104a-\u104f\u17d4-\u17d6\u17d8-\u17db\u17f0-\u17f9\u19e0-\u19ff\u1a7f\u{1173c}-\u{1173e}`;
const COMPLEX = String.raw`[[${COMPLEX_SCRIPTS}]--[${COMPLEX_OTHERS}]]${MARKS}`;
const SINGLE = String.raw`[\p{sc=Han}\p{sc=Hiragana}]${MARKS}`;
const KANA = String.raw`\p{sc=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70`;
const KATAKANA = `[${KANA}]${MARKS}`;

/** Signs that stand in words though they are no letters. */
const LETTER_SIGNS = String.raw`\u02c2-\u02c5\u02d2-\u02d7\u02de\u02df\u02ed\u02ef-\u02ff\u055b\u055c\u055e\u05f3\ua720\ua721\ua789\ua78a\uab5b`;
const NO_LETTERS = String.raw`[[\p{Ideographic}\p{sc=Han}]--[\u3005\u303b\u{16fe3}]]\p{sc=Hiragana}${KANA}${COMPLEX_SCRIPTS}\p{M}\uff9e\uff9f`;
const LETTER = String.raw`[[\p{Alphabetic}${LETTER_SIGNS}]--[${NO_LETTERS}]]${MARKS}`;
const HEBREW = String.raw`[\p{sc=Hebrew}&&\p{L}]${MARKS}`;
const DIGIT = String.raw`[\p{Nd}\u066b]${MARKS}`;
const JOIN = String.raw`[\p{Pc}\u202f]`;
const JOINERS = `(?:${JOIN}${MARKS})`;
const BETWEEN_BOTH = String.raw`.'\u2018\u2019\u2024\ufe52\uff07\uff0e`;
const BETWEEN_LETTERS = String.raw`[:\u00b7\u0387\u05f4\u2027\ufe13\ufe55\uff1a${BETWEEN_BOTH}]${MARKS}`;
const BETWEEN_DIGITS = String.raw`[,;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b${BETWEEN_BOTH}]${MARKS}`;

/** After a Hebrew letter a quote is part of the word, and one that goes on after it may be quoted again. */
const PIECE = String.raw`(?:${HEBREW}(?:"${MARKS}${HEBREW}|'${MARKS})|${LETTER}(?:${BETWEEN_LETTERS}${LETTER})*|${DIGIT}(?:${BETWEEN_DIGITS}${DIGIT})*)`;
const RUN = `(?:${PIECE}+|(?:${KATAKANA})+)`;
const WORD = `(?:(?=${JOIN})(?<!${JOIN}${MARKS})${JOINERS}+)?${RUN}(?:${JOINERS}+${RUN})*${JOINERS}*`;

/** What Emoji 11 took for pictures; later versions took back what had become no emoji, such as the black star. */
const PICTURES = String.raw`\p{Extended_Pictographic}\u2388\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2763-\u2767\u{1f000}-\u{1f0ff}\u{1f10d}-\u{1f10f}\u{1f12f}\u{1f16c}-\u{1f171}\u{1f1ad}-\u{1f1e5}\u{1f249}-\u{1f3fa}\u{1f400}-\u{1f53d}\u{1f546}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f774}-\u{1f77f}\u{1f7d5}-\u{1f7ff}\u{1f8ae}-\u{1f8ff}\u{1f947}-\u{1fffd}`;
/** Letters as well as pictures. */
const PICTURE_LETTER = String.raw`[\u2139\u24c2\u{1f170}\u{1f171}\u{1f17e}\u{1f17f}]`;
const picture = (one: string): string => String.raw`${one}${EMOJI_MARKS}\ufe0f?`;
const PICTURE = picture(`[${PICTURES}]`);
const TONE = String.raw`\p{Emoji_Modifier}${EMOJI_MARKS}`;
/** A zero-width joiner is one of the marks, but not after a selector. */
const JOINED = String.raw`(?:(?<=\u200d)|(?<=\ufe0f)\u200d+)`;
const JOINED_TONE = String.raw`(?<=\ufe0f)\u200d${TONE}`;
const MORE = `(?:${JOINED}${PICTURE}|${JOINED_TONE})*`;
const TAGS = String.raw`(?<=\ufe0f)[\u{e0020}-\u{e007e}]+\u{e007f}`;
const FIRST = String.raw`(?:(?<!\u200d)\u200d+(?:${PICTURE})|[[${PICTURES}]--${PICTURE_LETTER}]${EMOJI_MARKS}\ufe0f?|${TONE})`;
const EMOJI = `${FIRST}(?:${TAGS}|${MORE})`;
/** Letters joined to pictures that are no letters: longer than the word that the letters are. */
const EMOJI_OF_LETTERS = `${picture(PICTURE_LETTER)}(?:${JOINED}${picture(PICTURE_LETTER)}|${JOINED_TONE})*${JOINED}${picture(`[[${PICTURES}]--${PICTURE_LETTER}]`)}${MORE}`;
const KEY = String.raw`[#*]${EMOJI_MARKS}\ufe0f?\u20e3${EMOJI_MARKS}`;
const FLAG = String.raw`\p{RI}${MARKS}\p{RI}${MARKS}`;

/** Matches one word; nothing else of the text. */
export const WORD_PATTERN = [EMOJI_OF_LETTERS, WORD, EMOJI, FLAG, KEY, `(?:${COMPLEX})+`, SINGLE].join('|');

/** Matches a stretch of what is no word by itself, though it may begin one. */
export const LEAD_PATTERN = String.raw`[[${JOIN}${MARK}]--[\p{Emoji_Modifier}${COMPLEX_SCRIPTS}]]+`;
