/**
 * The routing tree and which of its nodes take an alert: depth first, a matching
 * child stops its later siblings unless it continues, and a node no child of
 * which matches takes the alert itself (Alertmanager dispatch/route.go).
 */
import { formatMatcher, quote } from '#alerting/router/core/matcher-text.ts';
import { compileMatchers, type LabelTest } from '#alerting/router/core/matching.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

/** A node as configured; what it leaves out it takes from its parent. */
export interface RouteConfig {
  readonly receiver: string;
  /** Label names, or {@link GROUP_BY_ALL}. */
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly matchers: readonly Matcher[];
  readonly continues: boolean;
  readonly routes: readonly RouteConfig[];
}

/** In `groupBy`: every label. */
export const GROUP_BY_ALL = '...';

export interface Route {
  /** `{}` for the root, then `/{matchers}` for each level; a number keeps equal siblings apart. */
  readonly key: string;
  readonly config: RouteConfig;
  readonly matches: LabelTest;
  readonly children: readonly Route[];
}

/** @throws CodedError for a regex that is not RE2 */
export function compileRoute(config: RouteConfig): Route {
  return compileNode(config, '{}');
}

function compileNode(config: RouteConfig, key: string): Route {
  const seen = new Map<string, number>();
  const children = config.routes.map((child) => {
    const own = `{${child.matchers.map(formatMatcher).join(',')}}`;
    const twins = seen.get(own) ?? 0;
    seen.set(own, twins + 1);
    return compileNode(child, `${key}/${own}${twins === 0 ? '' : `/${twins}`}`);
  });
  return { key, config, matches: compileMatchers(config.matchers), children };
}

/** The nodes that take an alert with these labels; at least one for the root. */
export function routesFor(route: Route, labels: Labels): readonly Route[] {
  const taken: Route[] = [];
  for (const child of route.children) {
    if (!child.matches(labels)) continue;
    taken.push(...routesFor(child, labels));
    if (!child.config.continues) break;
  }
  return taken.length === 0 ? [route] : taken;
}

/** Every node of the tree, by key. */
export function routesByKey(route: Route): ReadonlyMap<string, Route> {
  const found = new Map([[route.key, route]]);
  for (const child of route.children) {
    for (const [key, node] of routesByKey(child)) found.set(key, node);
  }
  return found;
}

export function groupLabels(config: RouteConfig, labels: Labels): Labels {
  const all = config.groupBy.includes(GROUP_BY_ALL);
  const entries = Object.entries(labels).filter(([name]) => all || config.groupBy.includes(name));
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** Route key, colon, labels in order of their names. */
export function groupKey(route: Route, labels: Labels): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((name) => `${name}=${quote(labels[name] ?? '')}`);
  return `${route.key}:{${pairs.join(', ')}}`;
}
