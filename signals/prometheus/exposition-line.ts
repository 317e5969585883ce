/** One line of an exposition, read from left to right. What is wrong throws with the column. */
import { CodedError } from '#base/errors.ts';
import type { Labels } from '#signals/matchers.ts';

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const TOKEN = /[^ \t#{}",]+/y;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;
const INTEGER = /^[+-]?\d{1,18}$/;
/** Milliseconds beyond which a time means nothing; the range of dates. */
const TIME_MS_MAX = 8.64e15;
/** Labels of one series; the store keeps far fewer, and a hostile line has millions. */
const LABELS_MAX = 1000;

export class ExpositionLine {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Name and labels, the name under `__name__`. */
  series(): Labels {
    this.#skipSpace();
    const labels = emptyLabels();
    if (this.text[this.position] !== '{') labels['__name__'] = this.metricName();
    this.#skipSpace();
    if (this.text[this.position] === '{') this.#braces(labels);
    if (labels['__name__'] === undefined) this.fail('the series has no name');
    return labels;
  }

  /** Labels of an exemplar: no name among them. */
  labels(): Labels {
    this.#skipSpace();
    if (this.text[this.position] !== '{') this.fail('expected {');
    const labels = emptyLabels();
    labels['__name__'] = '';
    this.#braces(labels);
    delete labels['__name__'];
    return labels;
  }

  metricName(): string {
    return this.#match(METRIC_NAME) ?? this.fail('expected the name of a metric');
  }

  value(): number {
    const token = this.#token('a value');
    if (!NUMBER.test(token)) this.fail(`${clip(token)} is not a number`);
    const lower = token.toLowerCase();
    if (lower.includes('nan')) return Number.NaN;
    if (lower.includes('inf')) return lower.startsWith('-') ? -Infinity : Infinity;
    return Number(token);
  }

  milliseconds(): number {
    const token = this.#token('a time');
    return INTEGER.test(token) ? this.#checkedTime(Number(token)) : this.fail(`${clip(token)} is no time`);
  }

  seconds(): number {
    return this.#checkedTime(Math.round(this.value() * 1000));
  }

  atEnd(): boolean {
    this.#skipSpace();
    return this.position >= this.text.length;
  }

  atHash(): boolean {
    this.#skipSpace();
    return this.text[this.position] === '#';
  }

  skipHash(): void {
    this.position += 1;
  }

  /** Text in double quotes with the escapes `\\`, `\"` and `\n`; others stand for themselves. */
  quoted(): string {
    const start = this.position + 1;
    if (this.text[this.position] !== '"') this.fail('expected "');
    let text = '';
    let from = start;
    for (let at = start; at < this.text.length; at += 1) {
      const char = this.text[at];
      if (char === '"') {
        this.position = at + 1;
        return text + this.text.slice(from, at);
      }
      if (char !== '\\') continue;
      const escaped = ESCAPES.get(this.text[at + 1]);
      if (escaped !== undefined) {
        text += this.text.slice(from, at) + escaped;
        from = at + 2;
      }
      at += 1;
    }
    return this.fail('a " is not closed');
  }

  fail(what: string): never {
    throw new CodedError('PLIM_BODY_MALFORMED', `${what} (column ${this.position + 1})`);
  }

  #braces(labels: Record<string, string>): void {
    this.position += 1;
    for (let count = 0; ; count += 1) {
      this.#skipSpace();
      if (this.text[this.position] === '}') break;
      if (count >= LABELS_MAX) this.fail(`more than ${LABELS_MAX} labels`);
      this.#entry(labels);
      this.#skipSpace();
      if (this.text[this.position] === ',') this.position += 1;
      else if (this.text[this.position] !== '}') this.fail('expected , or }');
    }
    this.position += 1;
    // A label without a value is no label.
    for (const [name, value] of Object.entries(labels)) {
      if (value === '' && name !== '__name__') delete labels[name];
    }
  }

  /** `name="value"`, the name in quotes or not; or the quoted name of the metric. */
  #entry(labels: Record<string, string>): void {
    const isQuoted = this.text[this.position] === '"';
    const name = isQuoted ? this.quoted() : this.#match(LABEL_NAME);
    if (name === undefined || name === '') this.fail('expected the name of a label');
    this.#skipSpace();
    if (this.text[this.position] !== '=') {
      if (!isQuoted || labels['__name__'] !== undefined) this.fail('expected =');
      labels['__name__'] = name;
      return;
    }
    this.position += 1;
    this.#skipSpace();
    const value = this.quoted();
    if (name === '__name__') this.fail('__name__ is no label of a target');
    if (Object.hasOwn(labels, name)) this.fail(`the label ${clip(name)} stands there twice`);
    labels[name] = value;
  }

  #checkedTime(timeMs: number): number {
    return Math.abs(timeMs) <= TIME_MS_MAX ? timeMs : this.fail('the time is out of range');
  }

  #token(what: string): string {
    this.#skipSpace();
    return this.#match(TOKEN) ?? this.fail(`expected ${what}`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  #skipSpace(): void {
    while (this.text[this.position] === ' ' || this.text[this.position] === '\t') this.position += 1;
  }
}

const ESCAPES: ReadonlyMap<string | undefined, string> = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
]);

/** Without a prototype: `__proto__` is a name like any other. */
function emptyLabels(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function clip(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 40 ? `${printable.slice(0, 40)}…` : printable;
}
