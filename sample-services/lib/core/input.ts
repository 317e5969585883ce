/** Reads fields of a JSON body, and says everything that is wrong with them at once. */
import { Problem, type FieldError } from '#sample-services/lib/core/problem.ts';

/** Longer than any id or name of ours. */
const TEXT_CHARS_MAX = 400;

export class Input {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #errors: FieldError[] = [];

  /** @param body anything a client sent */
  constructor(body: unknown) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    this.#fields = isObject ? { ...body } : {};
    if (!isObject) this.#errors.push({ field: '', detail: 'the body must be a JSON object' });
  }

  /** A text of 1 to `charsMax` characters. */
  text(field: string, charsMax = TEXT_CHARS_MAX): string {
    const value = this.#fields[field];
    if (typeof value === 'string' && value !== '' && value.length <= charsMax) return value;
    return this.#wrong(field, `must be a text of 1 to ${charsMax} characters`, '');
  }

  /** A whole number within both bounds. */
  integer(field: string, min: number, max: number): number {
    const value = this.#fields[field];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.#wrong(field, `must be a whole number from ${min} to ${max}`, min);
  }

  /** A number within both bounds. */
  number(field: string, min: number, max: number): number {
    const value = this.#fields[field];
    if (typeof value === 'number' && value >= min && value <= max) return value;
    return this.#wrong(field, `must be a number from ${min} to ${max}`, min);
  }

  /** One of `choices`. */
  oneOf<T extends string>(field: string, choices: readonly [T, ...T[]]): T {
    const value = this.#fields[field];
    const found = choices.find((choice) => choice === value);
    return found ?? this.#wrong(field, `must be one of: ${choices.join(', ')}`, choices[0]);
  }

  /** A list of at most `itemsMax` entries, each to be read by an Input of its own. */
  list(field: string, itemsMax: number): readonly unknown[] {
    const value = this.#fields[field];
    if (Array.isArray(value) && value.length <= itemsMax) return value;
    return this.#wrong(field, `must be a list of at most ${itemsMax} entries`, []);
  }

  /** For rules about a value that could be read. */
  reject(field: string, detail: string): void {
    this.#errors.push({ field, detail });
  }

  /** @throws Problem 400 with all that was found wrong until now */
  check(): void {
    if (this.#errors.length === 0) return;
    const detail = this.#errors.map((error) => `${error.field} ${error.detail}`.trim()).join('; ');
    throw new Problem(400, 'Bad request', { detail, errors: this.#errors });
  }

  #wrong<T>(field: string, detail: string, instead: T): T {
    this.#errors.push({ field, detail });
    return instead;
  }
}
