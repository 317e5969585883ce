/**
 * Where in the order of arrival somebody stands who wants to hear of each record
 * once: of every shard the number of the last operation that was surely done.
 */
import { parseJson } from '#signals/json.ts';

/** Last operation by `index/shard`; of a shard that is not named, none. */
export type Places = ReadonlyMap<string, number>;

export interface ShardRange {
  readonly index: string;
  readonly shard: number;
  /** After this operation … */
  readonly after: number;
  /** … up to this one. */
  readonly upTo: number;
}

/** Numbers of operations begin at 0. */
const NONE = -1;

/** Shards where something was done between the two. */
export function rangesBetween(before: Places, now: Places): readonly ShardRange[] {
  return [...now].flatMap(([key, upTo]) => {
    const after = before.get(key) ?? NONE;
    const slash = key.lastIndexOf('/');
    return upTo > after
      ? [{ index: key.slice(0, slash), shard: Number(key.slice(slash + 1)), after, upTo }]
      : [];
  });
}

interface ShardStats {
  readonly routing?: { readonly primary?: boolean };
  readonly seq_no?: { readonly global_checkpoint?: number };
}

/**
 * Out of `_stats?level=shards`. All operations up to the global checkpoint are
 * done on every copy, so that a refresh after it was read shows them all; what
 * stands above it may still have gaps.
 */
export function placesOf(stats: unknown): Places {
  const places = new Map<string, number>();
  const { indices } = (stats ?? {}) as {
    readonly indices?: Readonly<
      Record<string, { readonly shards?: Readonly<Record<string, readonly ShardStats[]>> }>
    >;
  };
  for (const [index, { shards }] of Object.entries(indices ?? {})) {
    for (const [shard, copies] of Object.entries(shards ?? {})) {
      const primary = copies.find(({ routing }) => routing?.primary === true);
      const checkpoint = primary?.seq_no?.global_checkpoint;
      if (checkpoint !== undefined) places.set(`${index}/${shard}`, checkpoint);
    }
  }
  return places;
}

export function placesToText(places: Places): string {
  return JSON.stringify([...places]);
}

/** Undefined for what {@link placesToText} did not write. */
export function placesFromText(text: string): Places | undefined {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(json)) return undefined;
  const places = new Map<string, number>();
  for (const pair of json as unknown[]) {
    const [key, last] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof key !== 'string' || !/^[^/]+\/\d{1,4}$/.test(key)) return undefined;
    if (typeof last !== 'number' || !Number.isSafeInteger(last) || last < NONE) return undefined;
    places.set(key, last);
  }
  return places;
}
