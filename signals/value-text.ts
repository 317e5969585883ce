/** Values of attributes and bodies as people read and compare them. */
import type { AttributeValue } from '#signals/model.ts';

/** A value as people compare it: text as it is, numbers as printed, bytes as base64, the rest as JSON. */
export function valueAsText(value: AttributeValue): string {
  switch (value.kind) {
    case 'empty':
      return '';
    case 'string':
      return value.value;
    case 'bool':
    case 'int':
    case 'double':
      return String(value.value);
    case 'bytes':
      return toBase64(value.value);
    case 'array':
    case 'map':
      return plainJson(value);
    default:
      return value satisfies never;
  }
}

/** Ordinary JSON of a value: integers as digits however long, bytes as base64. */
function plainJson(value: AttributeValue): string {
  switch (value.kind) {
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bytes':
      return JSON.stringify(toBase64(value.value));
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return Number.isFinite(value.value) ? String(value.value) : JSON.stringify(String(value.value));
    case 'array':
      return `[${value.value.map(plainJson).join(',')}]`;
    case 'map':
      return `{${value.value.map((item) => `${JSON.stringify(item.key)}:${plainJson(item.value)}`).join(',')}}`;
    default:
      return value satisfies never;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
