/**
 * What the page looks for. Parameters in its address are called as in the API,
 * so that either can be written from the other.
 */
import { queryOf, withQuery, type QueryValue } from '#dashboards/console/core/route.ts';

/** Of the address and of `GET /logs` alike; `attr.KEY` comes beside them. */
const PLAIN = ['text', 'service', 'severity', 'trace_id', 'span_id'] as const;
export const ATTRIBUTE = 'attr.';
/** In front of a name: lines that have it are left out; may come several times. */
const NOT = 'not.';
const EXCLUDABLE: readonly string[] = ['text', 'service', 'severity'];

type Wanted = (typeof PLAIN)[number] | `attr.${string}`;

export type FilterName = Wanted | `not.${string}`;

export interface Filter {
  readonly name: FilterName;
  readonly value: string;
}

/** In a fixed order, so that equal searches are equal texts. */
export function filtersOf(query: URLSearchParams): readonly Filter[] {
  const plain = PLAIN.map((name) => ({ name, value: query.get(name) ?? '' }));
  const attributes = [...query]
    .filter(([name]) => isAttribute(name))
    .map(([name, value]) => ({ name: name as FilterName, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const exclusions = [...query]
    .filter(([name]) => name.startsWith(NOT) && isExcludable(name.slice(NOT.length)))
    .map(([name, value]) => ({ name: name as FilterName, value }))
    .toSorted((a, b) => (a.name === b.name ? (a.value < b.value ? -1 : 1) : a.name < b.name ? -1 : 1));
  return [...plain, ...attributes, ...exclusions].filter(({ value }) => value !== '');
}

function isAttribute(name: string): boolean {
  return name.startsWith(ATTRIBUTE) && name.length > ATTRIBUTE.length;
}

function isExcludable(name: string): boolean {
  return EXCLUDABLE.includes(name) || isAttribute(name);
}

/** What leaves out the lines that a filter finds; undefined where the API knows none. */
export function exclusionOf({ name, value }: Filter): Filter | undefined {
  return isExcludable(name) ? { name: `${NOT}${name}`, value } : undefined;
}

/** What a filter says, for its chip. */
export function filterText({ name, value }: Filter): string {
  if (name.startsWith(NOT)) return exclusionText(name.slice(NOT.length), value);
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

function exclusionText(name: string, value: string): string {
  if (name === 'text') return `without "${value}"`;
  return `${name.startsWith(ATTRIBUTE) ? name.slice(ATTRIBUTE.length) : name} ≠ ${value}`;
}

/** Path and query of a request: `what` is `''` for records, or `/histogram`, `/tail` … */
export function logsPath(
  what: '' | '/histogram' | '/facets' | '/patterns' | '/tail',
  filters: readonly Filter[],
  more: Readonly<Record<string, string | undefined>> = {},
): string {
  const own: Record<string, readonly string[]> = {};
  for (const { name, value } of filters) own[name] = [...(own[name] ?? []), value];
  return withQuery(`/api/plimsoll/v1/logs${what}`, { ...own, ...more });
}

/** Milliseconds, fractions cut, as the API takes times. */
export function toNanos(timeMs: number): string {
  return `${Math.max(0, Math.trunc(timeMs))}000000`;
}

/** The same page with parameters changed; undefined takes one away with all its values. */
export function addressWith(
  path: string,
  query: URLSearchParams,
  changes: Readonly<Record<string, QueryValue>>,
): string {
  return withQuery(path, { ...queryOf(query), ...changes });
}

/** The same page with filters more. What says the opposite of one goes. */
export function withFilter(query: URLSearchParams, { name, value }: Filter): Record<string, QueryValue> {
  if (!name.startsWith(NOT)) {
    const opposite = query.getAll(`${NOT}${name}`).filter((one) => one !== value);
    return { [name]: value, [`${NOT}${name}`]: opposite };
  }
  const wanted = name.slice(NOT.length);
  const opposite = query.getAll(wanted).filter((one) => one !== value);
  return { [name]: [...new Set([...query.getAll(name), value])], [wanted]: opposite };
}

/** The changes that take filters away. */
export function withoutFilters(
  query: URLSearchParams,
  gone: readonly Filter[],
): Record<string, readonly string[]> {
  const left: Record<string, readonly string[]> = {};
  for (const { name, value } of gone)
    left[name] = (left[name] ?? query.getAll(name)).filter((one) => one !== value);
  return left;
}
