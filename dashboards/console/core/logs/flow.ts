/** Where rows of differing heights stand in a list, and which of them are in sight. */

/** Tops of all rows, and the bottom of the last one: one more than there are rows. Pixels. */
export function topsOf(count: number, heightPx: (index: number) => number): Float64Array {
  const tops = new Float64Array(count + 1);
  let top = 0;
  for (let index = 0; index < count; index += 1) {
    tops[index] = top;
    top += heightPx(index);
  }
  tops[count] = top;
  return tops;
}

/** The row that covers a height; the first or last one when none does. */
export function rowAt(tops: Float64Array, px: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows in sight and `beyondPx` around them, the end exclusive. */
export function rowsInSight(
  tops: Float64Array,
  topPx: number,
  heightPx: number,
  beyondPx: number,
): { readonly first: number; readonly end: number } {
  const count = tops.length - 1;
  if (count <= 0) return { first: 0, end: 0 };
  return {
    first: rowAt(tops, topPx - beyondPx),
    end: Math.min(count, rowAt(tops, topPx + heightPx + beyondPx) + 1),
  };
}

/** How far to scroll so that a row is seen whole, or from its top when it is higher than the window. */
export function scrollToSee(tops: Float64Array, index: number, topPx: number, heightPx: number): number {
  const top = tops[index] ?? 0;
  const bottom = tops[index + 1] ?? top;
  if (top < topPx || bottom - top > heightPx) return top;
  return bottom > topPx + heightPx ? bottom - heightPx : topPx;
}
