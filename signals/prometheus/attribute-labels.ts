/** OTLP attributes as labels (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility"). */
import type { Labels } from '#signals/matchers.ts';
import type { Attribute } from '#signals/model.ts';
import { scalarText } from '#signals/otlp/attributes.ts';
import { labelName } from '#signals/prometheus/names.ts';

/** A label is no place for binary data: what is longer is cut. */
const BYTES_TEXT_MAX = 1024;

/** Attributes as labels; where two keys give one label, their values are joined with `;` in order of the keys. */
export function attributeLabels(attributes: readonly Attribute[]): Labels {
  const labels: Record<string, string> = {};
  const sorted = attributes.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { key, value } of sorted) {
    const text = scalarText(value) ?? (value.kind === 'empty' ? '' : jsonText(value));
    const name = labelName(key);
    const before = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (before !== undefined) setLabel(labels, name, `${before};${text}`);
    else if (text !== '') setLabel(labels, name, text);
  }
  return labels;
}

/** `__proto__` is a label like any other. */
export function setLabel(labels: Record<string, string>, name: string, value: string): void {
  // Defining takes ten times as long as assigning.
  if (name !== '__proto__') labels[name] = value;
  else Object.defineProperty(labels, name, { value, enumerable: true, writable: true, configurable: true });
}

/** JSON, as the specification wants lists, maps and bytes as text; integers keep all their digits. */
function jsonText(value: Attribute['value']): string {
  switch (value.kind) {
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return JSON.stringify(Number.isFinite(value.value) ? value.value : String(value.value));
    case 'bytes':
      return JSON.stringify(btoa(String.fromCharCode(...value.value.subarray(0, BYTES_TEXT_MAX))));
    case 'array':
      return `[${value.value.map(jsonText).join(',')}]`;
    case 'map':
      return `{${value.value.map((entry) => `${JSON.stringify(entry.key)}:${jsonText(entry.value)}`).join(',')}}`;
    default:
      return value satisfies never;
  }
}
