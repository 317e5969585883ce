/**
 * Attributes as JSON text: lossless, readable by any SQL engine, and searchable
 * by substring.
 *
 *   attributes = '{' entry (',' entry)* '}' | '{}'
 *              | '[' '{' entry '}' (',' '{' entry '}')* ']'    keys JSON objects cannot keep
 *   entry      = ' ' key ':' value ' '
 *   value      = string | true | false | null | number          number: a finite double
 *              | ["i","64-bit integer"] | ["d","NaN" …] | ["b","base64"]
 *              | ["a",value…] | ["m",key,value,…]
 *
 * The blanks around an entry are what makes search exact: inside a JSON string
 * every quote is escaped, so ` "key":` stands nowhere but at the start of an
 * entry. Nested values have no blanks and no colons outside strings.
 */
import { invariant } from '#base/invariant.ts';
import { parseJson } from '#signals/json.ts';
import type { Attribute, AttributeValue } from '#signals/model.ts';
import { toBase64 } from '#signals/value-text.ts';

/** Keys that a JavaScript object would move to its front. */
const INDEX_LIKE = /^(?:0|[1-9]\d*)$/;

export function attributesToText(attributes: readonly Attribute[]): string {
  if (attributes.length === 0) return '{}';
  const entries = attributes.map(({ key, value }) => ` ${JSON.stringify(key)}:${valueToText(value)} `);
  return keepsOrder(attributes) ? `{${entries.join(',')}}` : `[{${entries.join('},{')}}]`;
}

function keepsOrder(attributes: readonly Attribute[]): boolean {
  const keys = new Set<string>();
  for (const { key } of attributes) {
    if (INDEX_LIKE.test(key)) return false;
    keys.add(key);
  }
  return keys.size === attributes.length;
}

/** One value in the form described above. */
export function valueToText(value: AttributeValue): string {
  switch (value.kind) {
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'int':
      return `["i","${value.value}"]`;
    case 'double':
      return doubleToText(value.value);
    case 'bytes':
      return `["b","${toBase64(value.value)}"]`;
    case 'array':
      return `["a"${value.value.map((item) => `,${valueToText(item)}`).join('')}]`;
    case 'map':
      return `["m"${value.value.map(({ key, value: item }) => `,${JSON.stringify(key)},${valueToText(item)}`).join('')}]`;
    default:
      return value satisfies never;
  }
}

function doubleToText(value: number): string {
  if (Object.is(value, -0)) return '["d","-0"]';
  return Number.isFinite(value) ? String(value) : `["d","${value}"]`;
}

/** Reads back what {@link attributesToText} wrote. */
export function attributesFromText(text: string): readonly Attribute[] {
  return text === '{}' ? [] : attributesFromJson(parseJson(text));
}

/** The same for text that has been parsed already. */
export function attributesFromJson(json: unknown): readonly Attribute[] {
  invariant(typeof json === 'object' && json !== null, 'stored attributes are an object or a list of them');
  const entries = Array.isArray(json)
    ? json.flatMap((one: object) => Object.entries(one))
    : Object.entries(json);
  return entries.map(([key, value]: [string, unknown]) => ({ key, value: valueFromJson(value) }));
}

export function valueFromJson(json: unknown): AttributeValue {
  if (json === null) return { kind: 'empty' };
  if (typeof json === 'string') return { kind: 'string', value: json };
  if (typeof json === 'boolean') return { kind: 'bool', value: json };
  if (typeof json === 'number') return { kind: 'double', value: json };
  invariant(Array.isArray(json), 'a stored value is a scalar or a tagged list');
  return taggedFromJson(json as unknown[]);
}

function taggedFromJson([tag, ...rest]: unknown[]): AttributeValue {
  const first = typeof rest[0] === 'string' ? rest[0] : '';
  switch (tag) {
    case 'i':
      return { kind: 'int', value: BigInt(first) };
    case 'd':
      return { kind: 'double', value: Number(first) };
    case 'b':
      return { kind: 'bytes', value: fromBase64(first) };
    case 'a':
      return { kind: 'array', value: rest.map(valueFromJson) };
    default:
      invariant(tag === 'm', 'a tagged value is i, d, b, a or m');
      return { kind: 'map', value: pairsFromJson(rest) };
  }
}

function pairsFromJson(flat: readonly unknown[]): Attribute[] {
  const pairs: Attribute[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    pairs.push({ key: String(flat[at]), value: valueFromJson(flat[at + 1]) });
  }
  return pairs;
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The substrings of which one stands in the text of attributes that hold `key`
 * with a value whose text is `value`. Lists and maps are not found by value.
 */
export function searchTerms(key: string, value: string): readonly string[] {
  const forms = [JSON.stringify(value)];
  if (value === 'true' || value === 'false') forms.push(value);
  if (value === '') forms.push('null');
  if (INTEGER.test(value)) forms.push(`["i","${value}"]`);
  const double = Number(value);
  if (value !== '' && String(double) === value) forms.push(doubleToText(double));
  if (value === '0') forms.push('["d","-0"]');
  if (BASE64.test(value)) forms.push(`["b","${value}"]`);
  return forms.map((form) => ` ${JSON.stringify(key)}:${form} `);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
