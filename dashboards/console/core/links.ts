/** Addresses of other pages with something already asked for there; the time range is added by who links. */
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import { tagsText } from '#dashboards/console/core/trace/tags.ts';

export interface Target {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
}

function target(route: Route, query: Target['query'] = {}): Target {
  return { path: pathOf(route), query };
}

/** Search in traces of a service. */
export function tracesTarget(
  service: string,
  more: { readonly operation?: string; readonly errors?: boolean; readonly minDuration?: string } = {},
): Target {
  const { operation, errors, minDuration } = more;
  return target(
    { page: 'traces' },
    { service, operation, errors: errors === true ? '1' : undefined, minDuration },
  );
}

/** A trace, with one of its spans selected. */
export function traceTarget(id: string, span?: string): Target {
  return target({ page: 'trace', id }, { span });
}

/** Logs of a service, or of all. */
export function logsTarget(
  service: string | undefined,
  more: { readonly severity?: string; readonly text?: string } = {},
): Target {
  return target({ page: 'logs' }, { service, ...more });
}

export function metricsTarget(query: string): Target {
  return target({ page: 'metrics' }, { q0: query });
}

/** Search in traces of a service that have an attribute. */
export function taggedTarget(service: string, key: string, value: string): Target {
  return target({ page: 'traces' }, { service, tags: tagsText({ [key]: value }) });
}
