/**
 * Text to words as Elasticsearch's standard analyzer makes them, then lower case,
 * character by character.
 */
import { LEAD_PATTERN, WORD_PATTERN } from '#signals/elasticsearch/word-grammar.ts';

export interface Token {
  /** Lower-case. */
  readonly text: string;
  /** Place in the original text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Lucene's tokenizer looks no further for the end of a word, and begins anew where it cut one. */
const TOKEN_LENGTH_MAX = 255;

const WORD = new RegExp(WORD_PATTERN, 'gv');
const WORD_HERE = new RegExp(WORD_PATTERN, 'vy');
const LEAD = new RegExp(LEAD_PATTERN, 'vy');

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    const start = match.index;
    const end = start + match[0].length;
    WORD.lastIndex = end - start > TOKEN_LENGTH_MAX ? cut(text, start, end, tokens) : end;
    if (end - start <= TOKEN_LENGTH_MAX) tokens.push({ text: lowerCase(match[0]), start, end });
  }
  return tokens;
}

/** The pieces of a word that is too long; where the last one ends. */
function cut(text: string, start: number, end: number, tokens: Token[]): number {
  let at = start;
  while (at < end) {
    WORD_HERE.lastIndex = 0;
    const piece = WORD_HERE.exec(text.slice(at, at + TOKEN_LENGTH_MAX))?.[0];
    if (piece === undefined) {
      at = afterLead(text, at);
    } else {
      tokens.push({ text: lowerCase(piece), start: at, end: at + piece.length });
      at += piece.length;
    }
  }
  return at;
}

/** Where a word may begin after a place where none does: of a long lead only the end is near enough to one. */
function afterLead(text: string, at: number): number {
  LEAD.lastIndex = at;
  const lead = LEAD.exec(text)?.[0].length ?? 0;
  return Math.max(at + 1, at + lead - TOKEN_LENGTH_MAX + 1);
}

const PLAIN = /^\p{ASCII}*$/v;

/** Lower case without context: a final sigma is a sigma, a dotted I is an i. */
export function lowerCase(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  let lower = '';
  for (const character of text) lower += character === '\u0130' ? 'i' : character.toLowerCase();
  return lower;
}
