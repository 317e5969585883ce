/** Bulk requests and what their answers say about each item. */
import { causeText, type Cause } from '#storage/elasticsearch/core/answers.ts';

/** What became of one item. */
export type ItemVerdict =
  /** It is stored, by this request or by one before it. */
  | { readonly kind: 'stored' }
  /** There is no room now. `surely`: it was not done; else it may have been. */
  | { readonly kind: 'later'; readonly surely: boolean; readonly said: string }
  /** The server does not take it as it is. */
  | { readonly kind: 'refused'; readonly said: string };

/** `create`: data streams take nothing else, and an id that is there already is left as it is. */
export function bulkLines(target: string, id: string, json: string): string {
  return `{"create":{"_index":${JSON.stringify(target)},"_id":${JSON.stringify(id)}}}\n${json}\n`;
}

interface BulkItem {
  readonly status?: unknown;
  readonly error?: Cause;
}

/** By item, in the order of the request; undefined when the answer is not one to `itemsMax` items. */
export function bulkVerdicts(body: unknown, itemsMax: number): readonly ItemVerdict[] | undefined {
  const items = (body as { items?: unknown } | null)?.items;
  if (!Array.isArray(items) || items.length !== itemsMax) return undefined;
  return items.map((item: { create?: BulkItem } | null) => verdictOf(item?.create ?? {}));
}

const ALREADY_THERE = 'version_conflict_engine_exception';

/** No room, blocked for writing as the disk is full, no shard at hand, no such index yet. */
const LATER: ReadonlySet<number> = new Set([401, 403, 404, 408, 409, 429]);

function verdictOf({ status, error }: BulkItem): ItemVerdict {
  const code = typeof status === 'number' ? status : 0;
  if (code >= 200 && code < 300) return { kind: 'stored' };
  if (code === 409 && error?.type === ALREADY_THERE) return { kind: 'stored' };
  const said = `${code} ${error === undefined ? 'without an error' : causeText(error)}`;
  if (LATER.has(code)) return { kind: 'later', surely: true, said };
  if (code >= 400 && code < 500) return { kind: 'refused', said };
  return { kind: 'later', surely: false, said };
}
