/** Text to tokens. */
import { parseError } from '#promql/syntax/position.ts';
import type { Span } from '#promql/syntax/ast.ts';

export type TokenKind = 'identifier' | 'number' | 'string' | 'symbol' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** As written; for symbols the symbol. */
  readonly text: string;
}

const SPACE = /(?:\s|#[^\n]*)+/y;
const IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
/** Inside `[…]` a colon parts range and step. */
const IDENTIFIER_IN_BRACKETS = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** Greedy over everything that could belong to a number or duration; checked when it is read. */
const NUMBER =
  /0[xX][\da-fA-F_]+|(?:\d+(?:ms|[ywdhms]))+(?![a-zA-Z0-9_.])|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[a-zA-Z0-9_]*/y;
const SYMBOL = /==|!=|=~|!~|<=|>=|<\/|>\/|[-+*/%^<>=(){}[\],:@]/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|`[^`]*`/y;

/**
 * The tokens of `text`, the last of kind `end`.
 *
 * @throws CodedError `PLIM_PROMQL`
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let brackets = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    position += take(SPACE)?.length ?? 0;
    if (position >= text.length) break;
    const { kind, lexeme } = nextToken(text, position, { take, inBrackets: brackets > 0 });
    if (lexeme === '[') brackets += 1;
    if (lexeme === ']') brackets = Math.max(0, brackets - 1);
    tokens.push({ kind, text: lexeme, start: position, end: position + lexeme.length });
    position += lexeme.length;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

interface Scanner {
  readonly take: (pattern: RegExp) => string | undefined;
  readonly inBrackets: boolean;
}

function nextToken(
  text: string,
  position: number,
  { take, inBrackets }: Scanner,
): { readonly kind: TokenKind; readonly lexeme: string } {
  const character = text.charAt(position);
  if (character === '"' || character === "'" || character === '`') {
    const lexeme = take(STRING);
    if (lexeme === undefined) throw parseError(text, position, unterminated(character));
    return { kind: 'string', lexeme };
  }
  const number = take(NUMBER);
  if (number !== undefined) return { kind: 'number', lexeme: number };
  const identifier = take(inBrackets ? IDENTIFIER_IN_BRACKETS : IDENTIFIER);
  if (identifier !== undefined) return { kind: 'identifier', lexeme: identifier };
  const symbol = take(SYMBOL);
  if (symbol !== undefined) return { kind: 'symbol', lexeme: symbol };
  const shown = String.fromCodePoint(text.codePointAt(position) ?? 0);
  if (shown === '!') throw parseError(text, position, `unexpected character after '!'`);
  throw parseError(text, position, `unexpected character: '${shown}'`);
}

function unterminated(quote: string): string {
  return quote === '`' ? 'unterminated raw string' : 'unterminated quoted string';
}
