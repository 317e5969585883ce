/** A service keeps its colour everywhere: its name chooses one of six slots. */

export const SERIES_SLOTS = 6;

export interface SeriesStyle {
  /** 1 … 6: the custom property `--series-N`. */
  readonly slot: number;
  /** Told apart by dashes where two names of a page share a slot; 0 is a full line. */
  readonly dash: number;
}

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function seriesSlot(name: string): number {
  return (hashName(name) % SERIES_SLOTS) + 1;
}

/** Styles for all names of a page; the same set gives the same styles in any order. */
export function seriesStyles(names: readonly string[]): ReadonlyMap<string, SeriesStyle> {
  const used = new Map<number, number>();
  const styles = new Map<string, SeriesStyle>();
  for (const name of [...new Set(names)].toSorted()) {
    const slot = seriesSlot(name);
    const dash = used.get(slot) ?? 0;
    used.set(slot, dash + 1);
    styles.set(name, { slot, dash });
  }
  return styles;
}
