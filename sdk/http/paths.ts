/** Paths of a service that are for its operators and not for its users. */
export const OPERATIONAL_PATHS = { live: '/livez', ready: '/readyz', metrics: '/metrics' } as const;

const ALL: ReadonlySet<string> = new Set(Object.values(OPERATIONAL_PATHS));

/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

export function isOperational(url: string): boolean {
  return ALL.has(pathOf(url));
}
