/** Addresses of the console: which page a path names, and the path of a page. */

/** Pages with an address of their own below `/ui`. */
export type Route =
  | { readonly page: 'now' }
  | { readonly page: 'slos' }
  | { readonly page: 'slo'; readonly id: string }
  | { readonly page: 'incidents' }
  | { readonly page: 'incident'; readonly id: string }
  | { readonly page: 'traces' }
  | { readonly page: 'trace'; readonly id: string }
  | { readonly page: 'compare'; readonly left: string; readonly right: string }
  | { readonly page: 'logs' }
  | { readonly page: 'metrics' }
  | { readonly page: 'pipeline' }
  | { readonly page: 'proof' }
  | { readonly page: 'proof-report'; readonly id: string }
  | { readonly page: 'receiver' }
  | { readonly page: 'unknown'; readonly path: string };

export type PageName = Route['page'];

type KnownPage = Exclude<PageName, 'unknown'>;

const ROOT = '/ui';

/** Path below `/ui`; a star is a part of an id. */
const SHAPES: Readonly<Record<KnownPage, string>> = {
  now: '',
  slos: 'slos',
  // An id of an SLO is service/name.
  slo: 'slos/*/*',
  incidents: 'incidents',
  incident: 'incidents/*',
  traces: 'traces',
  trace: 'traces/*',
  compare: 'traces/*/compare/*',
  logs: 'logs',
  metrics: 'metrics',
  pipeline: 'pipeline',
  proof: 'proof',
  'proof-report': 'proof/*',
  receiver: 'receiver',
};

/** Never throws: what is no page is `unknown`. */
export function parseRoute(path: string): Route {
  if (path === '/') return { page: 'now' };
  const parts = /^\/ui(?:\/|$)/.test(path) ? decoded(path.slice(ROOT.length)) : undefined;
  for (const [page, shape] of Object.entries(SHAPES) as [KnownPage, string][]) {
    const found = parts === undefined ? undefined : captured(shape, parts);
    if (found !== undefined) return routeOf(page, found);
  }
  return { page: 'unknown', path };
}

/** Parts between slashes; undefined when they cannot be read. */
function decoded(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function captured(shape: string, parts: readonly string[]): readonly string[] | undefined {
  const wanted = shape === '' ? [] : shape.split('/');
  if (wanted.length !== parts.length) return undefined;
  if (!wanted.every((part, index) => part === '*' || part === parts[index])) return undefined;
  return parts.filter((_, index) => wanted[index] === '*');
}

function routeOf(page: KnownPage, [first = '', second = '']: readonly string[]): Route {
  if (page === 'slo') return { page, id: `${first}/${second}` };
  if (page === 'compare') return { page, left: first, right: second };
  return page === 'incident' || page === 'trace' || page === 'proof-report' ? { page, id: first } : { page };
}

/** The path of a page, without the query. */
export function pathOf(route: Route): string {
  if (route.page === 'unknown') return route.path;
  const ids = idsOf(route).values();
  const parts = SHAPES[route.page]
    .split('/')
    .map((part) => (part === '*' ? encodeURIComponent(ids.next().value ?? '') : part));
  return [ROOT, ...parts].filter((part) => part !== '').join('/');
}

function idsOf(route: Route): readonly string[] {
  if (route.page === 'compare') return [route.left, route.right];
  if (!('id' in route)) return [];
  if (route.page !== 'slo') return [route.id];
  const slash = route.id.indexOf('/');
  return [route.id.slice(0, slash), route.id.slice(slash + 1)];
}

/** A parameter; several values of one name stand one after another. */
export type QueryValue = string | readonly string[] | undefined;

/** Parameters that are the default are left out, so that equal states have equal addresses. */
export function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value = []] of Object.entries(query)) {
    for (const one of typeof value === 'string' ? [value] : value)
      if (one !== '') parameters.append(name, one);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Every parameter with all its values, as {@link withQuery} takes them. */
export function queryOf(parameters: URLSearchParams): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name)]));
}
