/**
 * A small part of JSONPath (RFC 9535): `$`, `.name`, `['name']`, `[index]` from
 * either end, `[*]` and `.*`. What a probe asks for needs no more.
 */

type Segment = { readonly key: string | number } | 'all';

const SEGMENT = /^(?:\.(\*)|\.([A-Za-z_][\w-]*)|\[(\*)\]|\[(-?\d+)\]|\['([^']*)'\]|\["([^"]*)"\])/;

/** Undefined when `path` is none that is understood here. */
export function parseJsonPath(path: string): readonly Segment[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const segments: Segment[] = [];
  let rest = path.slice(1);
  while (rest !== '') {
    const match = SEGMENT.exec(rest);
    if (match === null) return undefined;
    const [whole, dotStar, name, bracketStar, index, single, double] = match;
    if (dotStar !== undefined || bracketStar !== undefined) segments.push('all');
    else if (index !== undefined) segments.push({ key: Number(index) });
    else segments.push({ key: name ?? single ?? double ?? '' });
    rest = rest.slice(whole.length);
  }
  return segments;
}

/** Everything under `path` in `value`; empty when there is nothing, or the path is none. */
export function findAll(value: unknown, path: string): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const segment of parseJsonPath(path) ?? [{ key: Number.NaN }])
    found = found.flatMap((one) => step(one, segment));
  return found;
}

function step(value: unknown, segment: Segment): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (segment === 'all') return Object.values(value) as readonly unknown[];
  const { key } = segment;
  if (typeof key === 'number') {
    const item: unknown = Array.isArray(value) ? value.at(key) : undefined;
    return item === undefined ? [] : [item];
  }
  return Object.hasOwn(value, key) ? [(value as Readonly<Record<string, unknown>>)[key]] : [];
}
