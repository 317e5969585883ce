/** How values of fields compare with what a search asks for. */
import { lowerCase } from '#signals/elasticsearch/analyzer.ts';
import type { FieldValue } from '#storage/document-search.ts';

const INTEGER = /^-?\d{1,20}$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** Negative when `a` comes first; texts by code points, as their UTF-8 compares. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return surrogatesLast(left) - surrogatesLast(right);
  }
  return a.length - b.length;
}

/** Halves of characters beyond U+FFFF come after U+E000 … U+FFFF. */
function surrogatesLast(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Order of values of any types: booleans as numbers, numbers before texts. */
export function compareValues(a: FieldValue, b: FieldValue): number {
  if (typeof a === 'string') return typeof b === 'string' ? compareTexts(a, b) : 1;
  if (typeof b === 'string') return -1;
  const left = typeof a === 'boolean' ? Number(a) : a;
  const right = typeof b === 'boolean' ? Number(b) : b;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A number as exact as JavaScript can hold it; undefined for what is none. */
export function asNumber(value: FieldValue): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return undefined;
  const text = value.trim();
  if (INTEGER.test(text)) return exact(BigInt(text));
  return DECIMAL.test(text) ? Number(text) : undefined;
}

/** A number when it can be one without loss. */
export function exact(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

function asBoolean(value: FieldValue): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** What a document's value is compared with, read once in each way it may be needed. */
export class Wanted {
  readonly #texts: ReadonlySet<string>;
  readonly #numbers: ReadonlySet<number | bigint>;
  readonly #booleans: ReadonlySet<boolean>;
  readonly #ignoreCase: boolean;

  constructor(values: readonly FieldValue[], ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
    this.#texts = new Set(values.map((value) => this.#fold(String(value))));
    this.#numbers = new Set(values.map(asNumber).filter((value) => value !== undefined));
    this.#booleans = new Set(values.map(asBoolean).filter((value) => value !== undefined));
  }

  has(value: FieldValue): boolean {
    if (typeof value === 'string') return this.#texts.has(this.#fold(value));
    return typeof value === 'boolean' ? this.#booleans.has(value) : this.#numbers.has(value);
  }

  #fold(text: string): string {
    return this.#ignoreCase ? lowerCase(text) : text;
  }
}

/** Negative when a document's value comes before the bound; undefined when they cannot be compared. */
export function compareWithBound(value: FieldValue, bound: FieldValue): number | undefined {
  if (typeof value === 'string') return compareTexts(value, String(bound));
  const wanted = typeof value === 'boolean' ? asBoolean(bound) : asNumber(bound);
  return wanted === undefined ? undefined : compareValues(value, wanted);
}
