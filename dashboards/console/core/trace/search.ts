/** The search for traces: what the page's address says, and the request it makes of it. */
import { withQuery } from '#dashboards/console/core/route.ts';
import type { Dependency } from '#dashboards/console/core/trace/answer.ts';
import { parseTags } from '#dashboards/console/core/trace/tags.ts';

export interface TraceSearch {
  readonly service: string;
  readonly operation: string;
  /** `key=value` pairs as typed. */
  readonly tags: string;
  /** Durations of a span of the service, `100ms`; '' for any. */
  readonly minDuration: string;
  readonly maxDuration: string;
  readonly errors: boolean;
  readonly limit: number;
}

export const LIMITS = [20, 50, 100, 200, 500, 1500] as const;
const LIMIT_DEFAULT = 50;
/** Of Jaeger's API. */
const LIMIT_MAX = 1500;

export function searchOf(query: URLSearchParams): TraceSearch {
  const get = (name: string): string => query.get(name) ?? '';
  const limit = Number(get('limit'));
  return {
    service: get('service'),
    operation: get('operation'),
    tags: get('tags'),
    minDuration: get('minDuration'),
    maxDuration: get('maxDuration'),
    errors: get('errors') === '1',
    limit: Number.isInteger(limit) && limit >= 1 ? Math.min(limit, LIMIT_MAX) : LIMIT_DEFAULT,
  };
}

export interface SearchProblem {
  readonly field: 'tags' | 'minDuration' | 'maxDuration';
  readonly text: string;
}

const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const UNITS_US: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1e3,
  s: 1e6,
  m: 6e7,
  h: 3.6e9,
};

/** Microseconds of a duration as Go writes it; undefined when it is none. */
export function durationUs(text: string): number | undefined {
  const compact = text.replaceAll(' ', '');
  if (!DURATION.test(compact)) return undefined;
  return [...compact.matchAll(PART)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (UNITS_US[unit] ?? 0),
    0,
  );
}

/** What cannot be asked for as it stands, in the order of the fields. */
export function problemsOf({ tags, minDuration, maxDuration }: TraceSearch): readonly SearchProblem[] {
  const problems: SearchProblem[] = [];
  const parsed = parseTags(tags);
  if (parsed.kind === 'problem') problems.push({ field: 'tags', text: parsed.text });
  const min = durationUs(minDuration);
  const max = durationUs(maxDuration);
  const expected = 'Write a number and a unit: 250us, 100ms, 1.5s.';
  if (minDuration !== '' && min === undefined) problems.push({ field: 'minDuration', text: expected });
  if (maxDuration !== '' && max === undefined) problems.push({ field: 'maxDuration', text: expected });
  if (min !== undefined && max !== undefined && max < min)
    problems.push({ field: 'maxDuration', text: 'The longest is shorter than the shortest.' });
  return problems;
}

/**
 * Path and query of the request; undefined while no service is known or something
 * cannot be read.
 *
 * @param service asked for when the search names none
 */
export function searchPath(
  search: TraceSearch,
  service: string | undefined,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): string | undefined {
  const asked = search.service || service;
  const parsed = parseTags(search.tags);
  if (asked === undefined || asked === '' || problemsOf(search).length > 0 || parsed.kind === 'problem')
    return undefined;
  const tags = { ...parsed.tags, ...(search.errors ? { error: 'true' } : {}) };
  return withQuery('/api/traces', {
    service: asked,
    operation: search.operation,
    tags: Object.keys(tags).length === 0 ? undefined : JSON.stringify(tags),
    minDuration: search.minDuration.replaceAll(' ', ''),
    maxDuration: search.maxDuration.replaceAll(' ', ''),
    limit: String(search.limit),
    start: `${Math.max(0, Math.floor(startMs))}000`,
    end: `${Math.max(0, Math.ceil(endMs))}000`,
  });
}

/** The service where requests begin: it calls others most and nobody calls it. */
export function entryService(
  services: readonly string[],
  dependencies: readonly Dependency[],
): string | undefined {
  const called = new Set(
    dependencies.filter(({ parent, child }) => parent !== child).map(({ child }) => child),
  );
  const calls = new Map<string, number>();
  for (const { parent, callCount } of dependencies)
    if (!called.has(parent)) calls.set(parent, (calls.get(parent) ?? 0) + callCount);
  const [most] = [...calls].toSorted(([, a], [, b]) => b - a);
  return services.find((name) => name === most?.[0]) ?? services[0];
}

/** Text that is the id of a trace: 16 to 32 hex digits; undefined when it is none. */
export function traceIdOf(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase();
  return /^[0-9a-f]{16,32}$/.test(trimmed) && !/^0+$/.test(trimmed) ? trimmed : undefined;
}
