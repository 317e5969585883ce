/** What stands in answers of Prometheus' API, trusted to have its shape but not relied on. Pure. */
import { labelsOf } from '#promql/labels.ts';
import type { Labels } from '#signals/matchers.ts';

export function listFrom(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsFrom(value: unknown): readonly string[] {
  return listFrom(value).filter((one) => typeof one === 'string');
}

export function labelsFrom(value: unknown): Labels {
  if (typeof value !== 'object' || value === null) return {};
  return labelsOf(Object.entries(value).map(([name, text]) => [name, String(text)] as const));
}

/** A sample's value, which is text there. */
export function numberFrom(value: unknown): number {
  if (value === '+Inf' || value === 'Inf') return Infinity;
  return value === '-Inf' ? -Infinity : Number(value);
}

/** A property of something that may be anything. */
export function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (Object.getOwnPropertyDescriptor(value, name)?.value as unknown)
    : undefined;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
