/**
 * Which services there are and which operations they have: kept in memory and
 * written with the manifest, so that a list of names never costs a scan.
 */
import type { SpanKind } from '#signals/model.ts';

/** Names per service beyond this are not listed: span names with ids in them would fill memory. */
export const OPERATIONS_PER_SERVICE_MAX = 2000;
/** Names of all services together: they are written with every manifest. */
export const OPERATIONS_MAX = 20_000;

export interface CatalogEntry {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** When it was last seen, milliseconds since the Unix epoch. */
  readonly lastSeenMs: number;
}

export class Catalog {
  readonly #services = new Map<string, Map<string, CatalogEntry>>();
  #count = 0;
  /** Names that were not taken in because of a limit. */
  left = 0;

  constructor(entries: Iterable<CatalogEntry> = []) {
    for (const entry of entries) this.see(entry);
  }

  see(entry: CatalogEntry): void {
    const operations = this.#services.get(entry.service) ?? new Map<string, CatalogEntry>();
    const key = `${entry.kind} ${entry.name}`;
    const isNew = !operations.has(key);
    if (isNew && (operations.size >= OPERATIONS_PER_SERVICE_MAX || this.#count >= OPERATIONS_MAX)) {
      this.left += 1;
      return;
    }
    if (isNew) this.#count += 1;
    operations.set(key, entry);
    this.#services.set(entry.service, operations);
  }

  /** Forgets what was last seen before `beforeMs`: its spans are gone. */
  expire(beforeMs: number): void {
    for (const [service, operations] of this.#services) {
      for (const [key, entry] of operations) {
        if (entry.lastSeenMs >= beforeMs) continue;
        operations.delete(key);
        this.#count -= 1;
      }
      if (operations.size === 0) this.#services.delete(service);
    }
  }

  services(): string[] {
    return [...this.#services.keys()].toSorted();
  }

  operations(service: string): { readonly name: string; readonly kind: SpanKind }[] {
    const entries = [...(this.#services.get(service)?.values() ?? [])];
    return entries
      .map(({ name, kind }) => ({ name, kind }))
      .toSorted((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
  }

  entries(): CatalogEntry[] {
    return [...this.#services.values()].flatMap((operations) => [...operations.values()]);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
