/**
 * Jaeger on Elasticsearch takes the values of attributes for regular expressions (regexp query,
 * the syntax of Lucene's `RegExp`), its other stores take them as they are, and it does not say
 * which it is. Pure.
 */
import type { TraceSearch } from '#storage/ports.ts';

const OPERATORS = /[.?+*|{}[\]()"\\#@&<>~]/g;
/** A point also stands for itself: a search with no other operator finds what it should, and more. */
const NEEDS_ESCAPES = /[?+*|{}[\]()"\\#@&<>~]/;

/** The search in which each value, taken for an expression, stands for itself; undefined when it is the same. */
export function asPatterns(search: TraceSearch): TraceSearch | undefined {
  const attributes = Object.entries(search.attributes);
  if (!attributes.some(([, value]) => NEEDS_ESCAPES.test(value))) return undefined;
  const escaped = attributes.map(([key, value]) => [key, value.replace(OPERATORS, String.raw`\$&`)] as const);
  return { ...search, attributes: Object.fromEntries(escaped) };
}

/** Whether it was refused because Elasticsearch could not read a value as an expression. */
export function isRefusedPattern(message: string): boolean {
  return /\b500\b.*Error 400 \(Bad Request\)/s.test(message);
}
