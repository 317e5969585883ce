/**
 * Words of Lucene's query syntax.
 *
 *   TERM     = start char*        start: no blank, none of + - ! ( ) : ^ [ ] " { } ~ * ? \ / ; or \any
 *   char     = start | '-' | '+'
 *   PREFIX   = TERM '*'           WILD = TERM with * and ? anywhere
 *   QUOTED   = '"' ([^"\] | \any)* '"'          REGEXP = '/' … '/'
 *   RANGE    = ('[' | '{') bound 'TO' bound (']' | '}')      bound: QUOTED or no blank, ] or }
 */
import { queryStringError } from '#server/elasticsearch/core/query-string/error.ts';

export interface Lexeme {
  readonly kind:
    | 'and'
    | 'or'
    | 'not'
    | 'plus'
    | 'minus'
    | 'bare'
    | 'open'
    | 'close'
    | 'colon'
    | 'star'
    | 'boost'
    | 'tilde'
    | 'term'
    | 'prefix'
    | 'wild'
    | 'quoted'
    | 'regexp'
    | 'range'
    | 'end';
  readonly text: string;
  readonly at: number;
}

const START = String.raw`(?:[^ \t\n\r\u3000+\-!():^\[\]"{}~*?\\/]|\\[\s\S])`;
const CHAR = String.raw`(?:${START}|[-+])`;
const BOUND = String.raw`(?:"(?:[^"\\]|\\[\s\S])*"|[^ \t\n\r\u3000\]}]+)`;
const BLANK = String.raw`[ \t\n\r\u3000]`;

/** The longest match counts, of equals the first. */
const RULES: readonly (readonly [kind: Lexeme['kind'], pattern: RegExp])[] = [
  ['and', /AND|&&/y],
  ['or', /OR|\|\|/y],
  ['not', /NOT|!/y],
  ['bare', new RegExp(`[-+!]${BLANK}+`, 'y')],
  ['plus', /\+/y],
  ['minus', /-/y],
  ['open', /\(/y],
  ['close', /\)/y],
  ['colon', /:/y],
  ['star', /\*/y],
  ['boost', /\^\d+(?:\.\d+)?/y],
  ['quoted', /"(?:[^"\\]|\\[\s\S])*"/y],
  ['term', new RegExp(`${START}${CHAR}*`, 'y')],
  ['tilde', /~\d*(?:\.\d+)?/y],
  ['prefix', new RegExp(`${START}${CHAR}*\\*`, 'y')],
  ['wild', new RegExp(`(?:${START}|[*?])(?:${CHAR}|[*?])*`, 'y')],
  ['regexp', /\/(?:\\\/|[^*/])(?:\\\/|[^/])*\//y],
  ['range', new RegExp(`[\\[{]${BLANK}*${BOUND}(?:${BLANK}+TO)?${BLANK}+${BOUND}${BLANK}*[\\]}]`, 'y')],
];

export function lexemesOf(text: string): readonly Lexeme[] {
  const lexemes: Lexeme[] = [];
  const blanks = new RegExp(`${BLANK}+`, 'y');
  for (let at = 0; at < text.length;) {
    blanks.lastIndex = at;
    if (blanks.test(text)) {
      at = blanks.lastIndex;
      continue;
    }
    const lexeme = longest(text, at);
    if (lexeme === undefined)
      throw queryStringError(text, `what begins at character ${at + 1} is not understood`);
    lexemes.push(lexeme);
    at += lexeme.text.length;
  }
  return [...lexemes, { kind: 'end', text: '', at: text.length }];
}

function longest(text: string, at: number): Lexeme | undefined {
  let best: Lexeme | undefined;
  for (const [kind, pattern] of RULES) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined && found.length > (best?.text.length ?? 0)) best = { kind, text: found, at };
  }
  return best;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g;

/** The text without its backslashes; `\u0041` is a character by its number. */
export function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (_whole, code: string | undefined, character: string | undefined) =>
    code === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
