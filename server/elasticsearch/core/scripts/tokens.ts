/** Scripts of aggregations, cut into tokens. Painless' own, as far as these scripts go. */
import { ElasticError } from '#server/elasticsearch/core/errors.ts';
import { isObject, onlyKeys, textAt } from '#server/elasticsearch/core/read.ts';

/** What fits a panel's field; a script is evaluated for each of 65,536 buckets. */
export const SCRIPT_CHARACTERS_MAX = 1000;

export type Token =
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'sign'; readonly text: string; readonly at: number };

const SPACE = /\s+/y;
const NUMBER = /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?[dDlLfF]?/y;
const NAME = /[A-Za-z_]\w*/y;
// Two minus signs are one sign, which nothing here takes: else 1--1 would mean something else than there.
const SIGN = /<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%()<>?:!.,;{}=]/y;

/** @throws ElasticError `script_exception`, as all here and of the parsers */
export function scriptError(reason: string, source: string): ElasticError {
  return new ElasticError(400, 'script_exception', `${reason} in the script [${source.slice(0, 200)}]`);
}

/** The text of a `script`, which may be an object around it. */
export function scriptSource(written: unknown, where: string): string {
  const source = isObject(written) ? sourceOf(written, where) : textAt(written, where);
  if (source.length > SCRIPT_CHARACTERS_MAX)
    throw scriptError(`more than ${SCRIPT_CHARACTERS_MAX} characters`, source);
  return source;
}

function sourceOf(written: Readonly<Record<string, unknown>>, where: string): string {
  onlyKeys(written, ['source', 'inline', 'lang'], `${where} script`);
  const { lang } = written;
  if (lang !== undefined && lang !== 'painless')
    throw scriptError(`the language [${textAt(lang, where)}] is not supported`, '');
  return textAt(written['source'] ?? written['inline'], `${where} script`);
}

export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const space = next(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = tokenAt(next, at);
    if (token === undefined) throw scriptError(`[${source.slice(at, at + 1)}] is not supported`, source);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(next: (pattern: RegExp) => string | undefined, at: number): Token | undefined {
  const kinds = [
    ['number', NUMBER],
    ['name', NAME],
    ['sign', SIGN],
  ] as const;
  for (const [kind, pattern] of kinds) {
    const text = next(pattern);
    if (text !== undefined) return { kind, text, at };
  }
  return undefined;
}

/** Tokens as a parser takes them. */
export class TokenReader {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = tokensOf(source);
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** The next token when it is that text, else nothing is taken. */
  take(...texts: readonly string[]): string | undefined {
    const { next } = this;
    if (next === undefined || !texts.includes(next.text)) return undefined;
    this.#at += 1;
    return next.text;
  }

  takeKind(kind: Token['kind']): string | undefined {
    const { next } = this;
    if (next?.kind !== kind) return undefined;
    this.#at += 1;
    return next.text;
  }

  expect(...texts: readonly string[]): void {
    for (const text of texts) if (this.take(text) === undefined) throw this.unexpected(`[${text}]`);
  }

  /** A semicolon may end it. */
  expectEnd(): void {
    this.take(';');
    if (this.next !== undefined) throw this.unexpected('the end');
  }

  unexpected(wanted: string): ElasticError {
    const { next } = this;
    const found = next === undefined ? 'its end' : `[${next.text}] at character ${next.at + 1}`;
    return this.error(`found ${found} where ${wanted} is expected`);
  }

  error(reason: string): ElasticError {
    return scriptError(reason, this.source);
  }
}
