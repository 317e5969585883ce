/** A service keeps its colour: its name chooses one of six slots, and gives way only where it would be mistaken. */

export const SERIES_SLOTS = 6;

export interface SeriesStyle {
  /** 1 … 6: the custom property `--series-N`. */
  readonly slot: number;
  /** Told apart by dashes where two names of a page share a slot; 0 is a full line. */
  readonly dash: number;
}

const OFFSET_BASIS = 0x811c9dc5;
/** Of the values tried the first with which services of the demo that call one another, and where requests begin, differ. */
const SALT = 112;

/** FNV-1a over UTF-16 code units and MurmurHash's last step, 32 bits: the low bits of FNV alone repeat. */
export function hashName(name: string): number {
  let hash = OFFSET_BASIS ^ SALT;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function seriesSlot(name: string): number {
  return (hashName(name) % SERIES_SLOTS) + 1;
}

/**
 * Styles for all names of a page; the same set gives the same styles in any
 * order. Of names that chose the same slot the first keeps it, the others take
 * what is free; only where nothing is do two share a colour, and a dash tells
 * them apart.
 */
export function seriesStyles(names: readonly string[]): ReadonlyMap<string, SeriesStyle> {
  const used = new Map<number, number>();
  const styles = new Map<string, SeriesStyle>();
  const take = (name: string, slot: number): void => {
    const dash = used.get(slot) ?? 0;
    used.set(slot, dash + 1);
    styles.set(name, { slot, dash });
  };
  const sorted = [...new Set(names)].toSorted();
  for (const name of sorted) {
    if (!used.has(seriesSlot(name))) take(name, seriesSlot(name));
  }
  for (const name of sorted) {
    if (!styles.has(name)) take(name, freeSlot(seriesSlot(name), used));
  }
  return styles;
}

/** The next one that nobody has, else the one that fewest have. */
function freeSlot(wanted: number, used: ReadonlyMap<number, number>): number {
  const slots = Array.from({ length: SERIES_SLOTS }, (_, step) => ((wanted - 1 + step) % SERIES_SLOTS) + 1);
  return slots.reduce((best, slot) => ((used.get(slot) ?? 0) < (used.get(best) ?? 0) ? slot : best));
}
