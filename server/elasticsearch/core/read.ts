/** Parts of a request's JSON, checked as they are taken; `where` names the clause in errors. */
import { parsing } from '#server/elasticsearch/core/errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws ElasticError `parsing_exception`, as all below */
export function objectAt(value: unknown, where: string): JsonObject {
  if (isObject(value)) return value;
  throw parsing(`[${where}] expected an object, but found ${kindOf(value)}`);
}

/** An object with one key, as most clauses are. */
export function onlyEntry(value: unknown, where: string): readonly [key: string, value: unknown] {
  const entries = Object.entries(objectAt(value, where));
  const [first, second] = entries;
  if (first === undefined) throw parsing(`[${where}] query malformed, empty clause found`);
  if (second !== undefined) {
    throw parsing(`[${where}] query doesn't support multiple fields, found [${first[0]}] and [${second[0]}]`);
  }
  return first;
}

/** Refuses what is not among `known`: an option that would be passed over could change the answer. */
export function onlyKeys(object: JsonObject, known: readonly string[], where: string): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) throw parsing(`[${where}] does not support [${key}]`);
  }
}

export function textAt(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw parsing(`[${where}] expected a text, but found ${kindOf(value)}`);
}

export function listAt(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw parsing(`[${where}] expected a list, but found ${kindOf(value)}`);
}

/** One or many. */
export function manyAt(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** Numbers may come as text. */
export function numberAt(value: unknown, where: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw parsing(`[${where}] expected a number, but found ${kindOf(value)}`);
}

export function wholeAt(
  value: unknown,
  where: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = numberAt(value, where);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw parsing(`[${where}] expected a whole number from ${min} to ${max}, but found [${number}]`);
}

export function booleanAt(value: unknown, where: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw parsing(`[${where}] expected true or false, but found ${kindOf(value)}`);
}

/** A value a field can have. */
export function scalarAt(value: unknown, where: string): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw parsing(`[${where}] expected a value, but found ${kindOf(value)}`);
}

/** What an absent member stands for. */
export function orElse<T>(value: unknown, usual: T, read: (value: unknown) => T): T {
  return value === undefined ? usual : read(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `[${JSON.stringify(value).slice(0, 100)}]`;
}
