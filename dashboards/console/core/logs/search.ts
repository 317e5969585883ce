/**
 * What the page looks for. Parameters in its address are called as in the API,
 * so that either can be written from the other.
 */
import { withQuery } from '#dashboards/console/core/route.ts';

/** Of the address and of `GET /logs` alike; `attr.KEY` comes beside them. */
const PLAIN = ['text', 'service', 'severity', 'trace_id', 'span_id'] as const;
export const ATTRIBUTE = 'attr.';

export type FilterName = (typeof PLAIN)[number] | `attr.${string}`;

export interface Filter {
  readonly name: FilterName;
  readonly value: string;
}

/** In a fixed order, so that equal searches are equal texts. */
export function filtersOf(query: URLSearchParams): readonly Filter[] {
  const plain = PLAIN.map((name) => ({ name, value: query.get(name) ?? '' }));
  const attributes = [...query]
    .filter(([name]) => name.startsWith(ATTRIBUTE) && name.length > ATTRIBUTE.length)
    .map(([name, value]) => ({ name: name as FilterName, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [...plain, ...attributes].filter(({ value }) => value !== '');
}

/** What a filter says, for its chip. */
export function filterText({ name, value }: Filter): string {
  switch (name) {
    case 'text':
      return `contains "${value}"`;
    case 'severity':
      return `${value} or worse`;
    case 'service':
      return `service = ${value}`;
    case 'trace_id':
      return `trace = ${value}`;
    case 'span_id':
      return `span = ${value}`;
    default:
      return `${name.slice(ATTRIBUTE.length)} = ${value}`;
  }
}

/** Path and query of a request: `what` is `''` for records, or `/histogram`, `/tail` … */
export function logsPath(
  what: '' | '/histogram' | '/facets' | '/patterns' | '/tail',
  filters: readonly Filter[],
  more: Readonly<Record<string, string | undefined>> = {},
): string {
  const own = Object.fromEntries(filters.map(({ name, value }) => [name, value]));
  return withQuery(`/api/plimsoll/v1/logs${what}`, { ...own, ...more });
}

/** Milliseconds, fractions cut, as the API takes times. */
export function toNanos(timeMs: number): string {
  return `${Math.max(0, Math.trunc(timeMs))}000000`;
}

/** The same page with parameters changed; undefined takes one away. */
export function addressWith(
  path: string,
  query: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  return withQuery(path, { ...Object.fromEntries(query), ...changes });
}
