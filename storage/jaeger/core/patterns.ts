/**
 * Jaeger on Elasticsearch takes the values of attributes for regular expressions (regexp query,
 * the syntax of Lucene's `RegExp`), its other stores take them as they are, and it does not say
 * which it is. Pure.
 */
import type { TraceSearch } from '#storage/ports.ts';

const OPERATORS = /[.?+*|{}[\]()"\\#@&<>~]/g;
/** The search in which each value, taken for an expression, stands for itself; undefined when it is the same. */
export function asPatterns(search: TraceSearch): TraceSearch | undefined {
  const attributes = Object.entries(search.attributes);
  if (attributes.every(([, value]) => value.search(OPERATORS) === -1)) return undefined;
  const escaped = attributes.map(([key, value]) => [key, value.replace(OPERATORS, String.raw`\$&`)] as const);
  return { ...search, attributes: Object.fromEntries(escaped) };
}

/** Whether Elasticsearch could not read a value as an expression, or it was too long for one (1000 characters). */
export function isRefusedPattern(message: string): boolean {
  return /\b500\b.*Error 400 \(Bad Request\)/s.test(message);
}
