/**
 * JSON bodies as Go's decoder reads them: keys in any case, null leaves the
 * default, unknown keys are passed over, a wrong kind is an error.
 */
import { ProxyError } from '#chaos/proxy/types.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws ProxyError 400 when `text` is no JSON */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw badBody('EOF');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badBody(error instanceof Error ? error.message : String(error));
  }
}

/** @throws ProxyError 400 when `value` is no object; null is one without keys */
export function asObject(value: unknown, what: string): JsonObject {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw badBody(`json: ${what} must be an object, got ${kindOf(value)}`);
  }
  return value as JsonObject;
}

/** @throws ProxyError 400 when `value` is no list */
export function asList(value: unknown, what: string): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw badBody(`json: ${what} must be a list, got ${kindOf(value)}`);
  return value;
}

export function textField(object: JsonObject, name: string): string | undefined {
  return typedField(object, name, 'string');
}

export function flagField(object: JsonObject, name: string): boolean | undefined {
  return typedField(object, name, 'boolean');
}

export function numberField(object: JsonObject, name: string): number | undefined {
  return typedField(object, name, 'number');
}

interface FieldTypes {
  string: string;
  boolean: boolean;
  number: number;
}

function typedField<K extends keyof FieldTypes>(
  object: JsonObject,
  name: string,
  kind: K,
): FieldTypes[K] | undefined {
  const value = field(object, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== kind) throw badBody(`json: ${name} must be a ${kind}, got ${kindOf(value)}`);
  return value as FieldTypes[K];
}

/** The value under `name`, in its own spelling before any other case. */
export function field(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

export function badBody(problem: string): ProxyError {
  return new ProxyError(400, `bad request body: ${problem}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
