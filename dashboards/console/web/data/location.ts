/**
 * The address as state: everything a page shows can be read from it, so back,
 * forward, reload and a link in a chat all lead to the same view.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import {
  parseRoute,
  queryOf,
  withQuery,
  type QueryValue,
  type Route,
} from '#dashboards/console/core/route.ts';
import { RANGE_DEFAULT, type TimeRange } from '#dashboards/console/core/time-range.ts';

const changed = new Set<() => void>();
/** Goes along from page to page; everything else belongs to one page. */
const SHARED = ['from', 'to'] as const;

function subscribe(listener: () => void): () => void {
  changed.add(listener);
  return () => changed.delete(listener);
}

function tell(): void {
  for (const listener of changed) listener();
}

addEventListener('popstate', tell);

const here = (): string => `${location.pathname}${location.search}`;

/** Path and query of the present page. */
export function useAddress(): { readonly route: Route; readonly query: URLSearchParams } {
  const address = useSyncExternalStore(subscribe, here);
  return useMemo(() => {
    const at = address.indexOf('?');
    const path = at === -1 ? address : address.slice(0, at);
    return { route: parseRoute(path), query: new URLSearchParams(at === -1 ? '' : address.slice(at)) };
  }, [address]);
}

/** Goes to an address of the console; `replace` leaves no step to go back to. */
export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === here()) return;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  tell();
}

/** Changes parameters of the present page; undefined or '' takes one away. */
export function changeQuery(
  changes: Readonly<Record<string, QueryValue>>,
  how: 'push' | 'replace' = 'push',
): void {
  const query = queryOf(new URLSearchParams(location.search));
  navigate(withQuery(location.pathname, { ...query, ...changes }), how);
}

/** A parameter of the page, and how to change it. */
export function useParameter(
  name: string,
): readonly [string, (value: string | undefined, how?: 'push' | 'replace') => void] {
  const { query } = useAddress();
  const set = useCallback(
    (value: string | undefined, how?: 'push' | 'replace') => changeQuery({ [name]: value }, how),
    [name],
  );
  return [query.get(name) ?? '', set];
}

/** The time range of the page. */
export function useTimeRange(): readonly [TimeRange, (range: TimeRange) => void] {
  const { query } = useAddress();
  const from = query.get('from') ?? RANGE_DEFAULT.from;
  const to = query.get('to') ?? RANGE_DEFAULT.to;
  const range = useMemo(() => ({ from, to }), [from, to]);
  return [range, setTimeRange];
}

export function setTimeRange({ from, to }: TimeRange): void {
  const isDefault = from === RANGE_DEFAULT.from && to === RANGE_DEFAULT.to;
  changeQuery(isDefault ? { from: undefined, to: undefined } : { from, to });
}

/** The address of another page, with the time range of this one. */
export function keepingRange(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const present = new URLSearchParams(location.search);
  const shared = Object.fromEntries(SHARED.map((name) => [name, present.get(name) ?? undefined]));
  return withQuery(path, { ...shared, ...query });
}
