/**
 * Source text with comments and the inside of template literals blanked out, so
 * that patterns meet code and plain strings only. Every other character keeps
 * its place and its line.
 */

type Mode = 'code' | 'line-comment' | 'block-comment' | 'template' | 'regex' | "'" | '"';

export function codeOnly(source: string): string {
  const scanner = new Scanner(source);
  while (!scanner.atEnd()) scanner.step();
  return scanner.text();
}

class Scanner {
  readonly #source: string;
  readonly #kept: string[] = [];
  #index = 0;
  #mode: Mode = 'code';
  /** Braces open since each `${` still to be closed. */
  readonly #holes: number[] = [];
  #inClass = false;

  constructor(source: string) {
    this.#source = source;
  }

  atEnd(): boolean {
    return this.#index >= this.#source.length;
  }

  text(): string {
    return this.#kept.join('');
  }

  step(): void {
    switch (this.#mode) {
      case 'code':
        return this.#code();
      case 'line-comment':
        return this.#lineComment();
      case 'block-comment':
        return this.#blockComment();
      case 'template':
        return this.#template();
      case 'regex':
        return this.#regex();
      case "'":
      case '"':
        return this.#string(this.#mode);
      default:
        this.#mode satisfies never;
    }
  }

  #code(): void {
    if (this.#at('//')) return this.#enter('line-comment', '  ');
    if (this.#at('/*')) return this.#enter('block-comment', '  ');
    const char = this.#source[this.#index] ?? '';
    if (char === "'" || char === '"') return this.#enter(char, char);
    if (char === '`') return this.#enter('template', char);
    if (char === '/' && this.#regexMayStart()) return this.#enter('regex', char);
    this.#countBrace(char);
    if (this.#mode === 'code') this.#keep(1);
  }

  #countBrace(char: string): void {
    const depth = this.#holes.at(-1);
    if (depth === undefined || (char !== '{' && char !== '}')) return;
    if (char === '{') this.#holes[this.#holes.length - 1] = depth + 1;
    else if (depth > 0) this.#holes[this.#holes.length - 1] = depth - 1;
    else {
      this.#holes.pop();
      this.#enter('template', ' ');
    }
  }

  #lineComment(): void {
    if (this.#at('\n')) this.#mode = 'code';
    else this.#blank(1);
  }

  #blockComment(): void {
    if (!this.#at('*/')) return this.#blank(1);
    this.#blank(2);
    this.#mode = 'code';
  }

  #template(): void {
    if (this.#at('\\')) return this.#blank(2);
    if (this.#at('`')) return this.#enter('code', '`');
    if (!this.#at('${')) return this.#blank(1);
    this.#holes.push(0);
    this.#enter('code', '  ');
  }

  #string(quote: string): void {
    if (this.#at('\\')) return this.#keep(2);
    if (this.#at(quote) || this.#at('\n')) this.#mode = 'code';
    this.#keep(1);
  }

  #regex(): void {
    if (this.#at('\\')) return this.#keep(2);
    if (this.#at('[')) this.#inClass = true;
    if (this.#at(']')) this.#inClass = false;
    if (this.#at('\n') || (this.#at('/') && !this.#inClass)) {
      this.#mode = 'code';
      this.#inClass = false;
    }
    this.#keep(1);
  }

  /** A slash divides after a value; anywhere else it opens a regular expression. */
  #regexMayStart(): boolean {
    const before = this.#kept.slice(-40).join('').trimEnd();
    return before === '' || /[([{,;=:!&|?+*%<>~^-]$|\b(?:return|typeof|case|in|of)$/.test(before);
  }

  #at(word: string): boolean {
    return this.#source.startsWith(word, this.#index);
  }

  #enter(mode: Mode, kept: string): void {
    this.#mode = mode;
    this.#kept.push(kept);
    this.#index += kept.length;
  }

  #keep(length: number): void {
    this.#kept.push(this.#source.slice(this.#index, this.#index + length));
    this.#index += length;
  }

  #blank(length: number): void {
    this.#kept.push(this.#source.slice(this.#index, this.#index + length).replaceAll(/[^\n]/g, ' '));
    this.#index += length;
  }
}
