/**
 * Lucene's regular expressions as RE2 writes them, matched against whole values.
 *
 *   union  = concat ('|' concat)*        concat = repeat+
 *   repeat = simple ('?' | '*' | '+' | '{' n [',' [m]] '}')*
 *   simple = '(' [union] ')' | '[' ['^'] class+ ']' | '.' | '\' any | character
 *
 * `^` and `$` are characters. What RE2 has no word for is refused: complement `~`,
 * intersection `&`, intervals `<1-9>`, `@`, `#` and texts in quotes.
 */
import { compileRegex } from '#promql/regex.ts';
import { illegal } from '#server/elasticsearch/core/errors.ts';

/** As Elasticsearch's `index.max_regex_length`. */
const LENGTH_MAX = 1000;
const DEPTH_MAX = 50;
/** Of all counts together: each makes the expression so many times larger. */
const COUNTS_MAX = 1000;

/** @throws ElasticError `illegal_argument_exception` */
export function luceneRegexp(written: string): string {
  if (written.length > LENGTH_MAX) throw illegal(`a regular expression is longer than ${LENGTH_MAX}`);
  const expression = new RegexpParser(written).parse();
  try {
    compileRegex(expression);
  } catch {
    throw illegal(`the regular expression [${written}] is not understood`);
  }
  return expression;
}

const REFUSED = new Set(['~', '&', '<', '@', '#', '"']);
/** A letter of a predefined class, and its members. */
const PREDEFINED: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: String.raw`\x20\x09\x0a\x0d`,
};
const COUNT = /\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/y;

class RegexpParser {
  readonly #written: string;
  readonly #characters: readonly string[];
  #at = 0;
  #counts = 1;

  constructor(written: string) {
    this.#written = written;
    this.#characters = Array.from(written);
  }

  parse(): string {
    if (this.#characters.length === 0) return '';
    const expression = this.#union(0);
    if (this.#at < this.#characters.length) throw this.#error('a parenthesis closes nothing');
    return expression;
  }

  #union(depth: number): string {
    if (depth > DEPTH_MAX) throw this.#error(`it is nested more than ${DEPTH_MAX} deep`);
    const alternatives = [this.#concat(depth)];
    while (this.#take('|')) alternatives.push(this.#concat(depth));
    return alternatives.join('|');
  }

  #concat(depth: number): string {
    let all = '';
    do {
      all += this.#repeat(depth);
    } while (this.#at < this.#characters.length && !this.#sees(')') && !this.#sees('|'));
    return all;
  }

  #repeat(depth: number): string {
    let repeated = this.#simple(depth);
    for (let sign = this.#sign(); sign !== ''; sign = this.#sign()) repeated = `(?:${repeated})${sign}`;
    return repeated;
  }

  #sign(): string {
    for (const sign of ['?', '*', '+']) if (this.#take(sign)) return sign;
    if (!this.#sees('{')) return '';
    const rest = this.#characters.slice(this.#at).join('');
    COUNT.lastIndex = 0;
    const found = COUNT.exec(rest);
    if (found === null) throw this.#error('a count is not as in {1}, {1,} or {1,2}');
    const [whole, least = '', , most = least] = found;
    this.#counts *= Math.max(1, Number(least), Number(most));
    if (this.#counts > COUNTS_MAX) throw this.#error(`its counts make more than ${COUNTS_MAX}`);
    this.#at += whole.length;
    return whole;
  }

  #simple(depth: number): string {
    if (this.#take('(')) return this.#group(depth);
    if (this.#take('[')) return this.#class();
    if (this.#take('.')) return '.';
    const character = this.#next();
    if (character === '\\') return this.#escaped();
    if (REFUSED.has(character))
      throw this.#error(`[${character}] is not supported; put a backslash before it`);
    if ('?*+{|)'.includes(character)) throw this.#error(`[${character}] stands where something must be`);
    return quoted(character);
  }

  #group(depth: number): string {
    if (this.#take(')')) return '(?:)';
    const inside = this.#union(depth + 1);
    if (!this.#take(')')) throw this.#error('a parenthesis is not closed');
    return `(?:${inside})`;
  }

  #escaped(): string {
    const character = this.#next();
    const lower = character.toLowerCase();
    const members = PREDEFINED[lower];
    if (members === undefined) {
      this.#checkLiteral(character);
      return quoted(character);
    }
    return lower === character ? `[${members}]` : `[^${members}]`;
  }

  #class(): string {
    const negated = this.#take('^') ? '^' : '';
    let members = '';
    do {
      members += this.#member();
    } while (!this.#sees(']'));
    this.#at += 1;
    return `[${negated}${members}]`;
  }

  #member(): string {
    const first = this.#next();
    if (first !== '\\') return this.#range(first);
    const character = this.#next();
    if (Object.hasOwn(PREDEFINED, character)) return PREDEFINED[character] ?? '';
    if (/[DWS]/.test(character)) throw this.#error(`[\\${character}] is not supported in a class`);
    this.#checkLiteral(character);
    return this.#range(character);
  }

  /** A letter of no class means nothing: a line feed is written as itself. */
  #checkLiteral(character: string): void {
    if (/[A-Za-z]/.test(character)) throw this.#error(`[\\${character}] is no class`);
  }

  #range(first: string): string {
    if (!this.#sees('-')) return quoted(first);
    this.#at += 1;
    const second = this.#next();
    if (second === ']') throw this.#error('a range has no end; put a backslash before the sign');
    return `${quoted(first)}-${quoted(second === '\\' ? this.#next() : second)}`;
  }

  #sees(character: string): boolean {
    return this.#characters[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) throw this.#error('it ends too early');
    this.#at += 1;
    return character;
  }

  #error(reason: string): Error {
    return illegal(`the regular expression [${this.#written}] is not understood: ${reason}`);
  }
}

/** By its number, unless it means itself everywhere. */
function quoted(character: string): string {
  if (/^[\p{L}\p{N}]$/u.test(character)) return character;
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
