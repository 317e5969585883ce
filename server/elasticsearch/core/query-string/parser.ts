/**
 * Lucene's query syntax, as Elasticsearch's `query_string` reads it.
 *
 *   query  = clause ([AND | OR] clause)*          clause = [+ - NOT] [field ':'] (leaf | '(' query ')')
 *
 * AND and OR have no precedence: they make the clause before them required or
 * optional, as Lucene's parser does. Neighbouring bare words are looked up
 * together, as one text.
 */
import { ANY_FIELD, type Clause } from '#storage/document-search.ts';
import { ALL } from '#server/elasticsearch/core/clauses.ts';
import { queryStringError } from '#server/elasticsearch/core/query-string/error.ts';
import {
  existsLeaf,
  phraseLeaf,
  rangeLeaf,
  regexpLeaf,
  wildcardLeaf,
  wordsLeaf,
  type LeafContext,
} from '#server/elasticsearch/core/query-string/leaves.ts';
import { lexemesOf, unescaped, type Lexeme } from '#server/elasticsearch/core/query-string/lexer.ts';

/** Parentheses in each other; deeper ones would only cost stack. */
const DEPTH_MAX = 20;
const LEXEMES_MAX = 2000;

/** @throws ElasticError `query_shard_exception` */
export function parseQueryString(text: string, context: LeafContext): Clause {
  const lexemes = lexemesOf(text);
  if (lexemes.length > LEXEMES_MAX) throw queryStringError(text, `it has more than ${LEXEMES_MAX} parts`);
  if (lexemes.length === 1) return { kind: 'none' };
  return new QueryStringParser(text, lexemes, context).parse();
}

type Joint = 'and' | 'or' | undefined;
type Modifier = 'required' | 'prohibited' | undefined;

interface Occurring {
  readonly clause: Clause;
  occur: 'must' | 'should' | 'must-not';
}

class QueryStringParser {
  readonly #written: string;
  readonly #lexemes: readonly Lexeme[];
  readonly #context: LeafContext;
  #at = 0;

  constructor(text: string, lexemes: readonly Lexeme[], context: LeafContext) {
    this.#written = text;
    this.#lexemes = lexemes;
    this.#context = context;
  }

  parse(): Clause {
    const query = this.#query(this.#context.fields, 0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw this.#unexpected(rest);
    return query ?? { kind: 'none' };
  }

  #query(fields: readonly string[], depth: number): Clause | undefined {
    if (depth > DEPTH_MAX)
      throw queryStringError(this.#written, `parentheses are nested more than ${DEPTH_MAX} deep`);
    const clauses: Occurring[] = [];
    for (let first = true; first || !this.#isEnd(); first = false) {
      const words = this.#words();
      if (words !== undefined) {
        this.#add(clauses, wordsLeaf(words, fields, this.#context), undefined, undefined);
        continue;
      }
      const joint = first ? undefined : this.#joint();
      const modifier = this.#modifier();
      this.#add(clauses, this.#clause(fields, depth), joint, modifier);
    }
    return joined(clauses);
  }

  #isEnd(): boolean {
    const { kind } = this.#peek();
    return kind === 'end' || kind === 'close';
  }

  #add(clauses: Occurring[], clause: Clause | undefined, joint: Joint, modifier: Modifier): void {
    const isAnd = this.#context.defaultOperator === 'and';
    const before = clauses.at(-1);
    if (before !== undefined && before.occur !== 'must-not') {
      if (joint === 'and') before.occur = 'must';
      else if (isAnd && joint === 'or') before.occur = 'should';
    }
    if (clause === undefined) return;
    const required = isAnd ? joint !== 'or' : modifier === 'required' || joint === 'and';
    const occur = modifier === 'prohibited' ? 'must-not' : required ? 'must' : 'should';
    clauses.push({ clause, occur });
  }

  /** Two and more bare words in a row that belong together. */
  #words(): string | undefined {
    let end = this.#at;
    while (this.#kindAt(end) === 'term' && !ENDS_WORDS.has(this.#kindAt(end + 1))) end += 1;
    if (end - this.#at < 2) return undefined;
    const texts = this.#lexemes.slice(this.#at, end).map(({ text }) => unescaped(text));
    this.#at = end;
    return texts.join(' ');
  }

  #joint(): Joint {
    const { kind } = this.#peek();
    if (kind !== 'and' && kind !== 'or') return undefined;
    this.#at += 1;
    return kind;
  }

  #modifier(): Modifier {
    const { kind } = this.#peek();
    if (kind !== 'plus' && kind !== 'minus' && kind !== 'not') return undefined;
    this.#at += 1;
    return kind === 'plus' ? 'required' : 'prohibited';
  }

  #clause(outer: readonly string[], depth: number): Clause | undefined {
    let fields = outer;
    const { kind, text } = this.#peek();
    if ((kind === 'term' || kind === 'star') && this.#kindAt(this.#at + 1) === 'colon') {
      fields = [kind === 'star' ? ANY_FIELD : unescaped(text)];
      this.#at += 2;
    }
    if (this.#peek().kind !== 'open') return this.#leaf(fields);
    this.#at += 1;
    const inner = this.#query(fields, depth + 1);
    const close = this.#take();
    if (close.kind !== 'close') throw this.#unexpected(close);
    this.#skipBoost();
    return inner;
  }

  #leaf(fields: readonly string[]): Clause | undefined {
    const lexeme = this.#take();
    const slop = this.#slop(lexeme);
    this.#skipBoost();
    const { kind, text } = lexeme;
    if (kind === 'term' || kind === 'bare' || kind === 'quoted') return this.#text(lexeme, slop, fields);
    if (kind === 'star' && fields.includes(ANY_FIELD)) return ALL;
    if (kind === 'star' || kind === 'prefix' || kind === 'wild') {
      return wildcardLeaf(text, fields, this.#context);
    }
    if (kind === 'range') return rangeLeaf(text, fields, this.#context);
    if (kind === 'regexp') return regexpLeaf(text, fields);
    throw this.#unexpected(lexeme);
  }

  #text({ kind, text }: Lexeme, slop: number | undefined, fields: readonly string[]): Clause | undefined {
    // A sign that stands alone is a word.
    const written =
      kind === 'bare' ? text.charAt(0) : unescaped(kind === 'quoted' ? text.slice(1, -1) : text);
    if (fields[0] === '_exists_') return existsLeaf(written);
    return kind === 'quoted'
      ? phraseLeaf(written, slop ?? this.#context.phraseSlop, fields, this.#context)
      : wordsLeaf(written, fields, this.#context);
  }

  /** `"…"~2`; after anything else it would mean likeness. */
  #slop(lexeme: Lexeme): number | undefined {
    const { kind, text } = this.#peek();
    if (kind !== 'tilde') return undefined;
    this.#at += 1;
    if (lexeme.kind !== 'quoted')
      throw queryStringError(this.#written, `fuzzy terms such as ${lexeme.text}${text} are not supported`);
    return Math.floor(Number(text.slice(1) || '0'));
  }

  /** Without relevance a boost means nothing. */
  #skipBoost(): void {
    if (this.#peek().kind === 'boost') this.#at += 1;
  }

  #peek(): Lexeme {
    return this.#lexemes[this.#at] ?? { kind: 'end', text: '', at: this.#written.length };
  }

  #kindAt(at: number): Lexeme['kind'] {
    return this.#lexemes[at]?.kind ?? 'end';
  }

  #take(): Lexeme {
    const lexeme = this.#peek();
    this.#at += 1;
    return lexeme;
  }

  #unexpected({ kind, text, at }: Lexeme) {
    const shown = kind === 'end' ? 'the end' : `[${text}] at character ${at + 1}`;
    return queryStringError(this.#written, `${shown} is not expected there`);
  }
}

/** What may not stand behind a word that is looked up together with others. */
const ENDS_WORDS: ReadonlySet<Lexeme['kind']> = new Set(['colon', 'star', 'tilde', 'boost', 'and', 'or']);

/** A query of prohibitions alone means everything else. */
function joined(clauses: readonly Occurring[]): Clause | undefined {
  if (clauses.length === 0) return undefined;
  const of = (occur: Occurring['occur']): readonly Clause[] =>
    clauses.filter((one) => one.occur === occur).map(({ clause }) => clause);
  const [must, should, mustNot] = [of('must'), of('should'), of('must-not')];
  const [only] = clauses;
  if (clauses.length === 1 && only !== undefined && only.occur !== 'must-not') return only.clause;
  return { kind: 'bool', must, should, mustNot, shouldMin: must.length === 0 && should.length > 0 ? 1 : 0 };
}
