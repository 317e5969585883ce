/** A list that is being read: its rows stay where they are, and what is new waits until it is asked for. */

export interface Steady<T> {
  readonly shown: readonly T[];
  /** New items that are held back. */
  readonly waiting: number;
}

/**
 * @param held keys in the order they were shown; undefined to show everything as it is
 */
export function steady<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  held: readonly string[] | undefined,
): Steady<T> {
  if (held === undefined) return { shown: items, waiting: 0 };
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  const shown = held.flatMap((key) => byKey.get(key) ?? []);
  return { shown, waiting: items.length - shown.length };
}
