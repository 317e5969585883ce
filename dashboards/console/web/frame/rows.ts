/**
 * Rows of the lists of a page, for the keyboard: rows of tables, and items of
 * what is marked `data-rows`. A row is reached by the first link or button in it,
 * so Enter does what a click on that would.
 */

const ROWS = 'main tbody tr, main [data-rows] > *';
const WAYS = 'a[href], button:not(:disabled), summary';
/** Lists that draw only what is in sight have keys of their own. */
const OWN_KEYS = '.virtual';

/** Moves the focus to the next or the previous row; false when the page has none. */
export function moveRow(step: 1 | -1): boolean {
  if (document.querySelector('dialog[open]') !== null) return false;
  const ways = [...document.querySelectorAll(ROWS)].flatMap(wayInto);
  const at = ways.findIndex((way) => rowOf(way)?.contains(document.activeElement) === true);
  const next = at === -1 ? firstAfterFocus(ways) : ways[Math.min(ways.length - 1, Math.max(0, at + step))];
  next?.focus();
  return next !== undefined;
}

/** Whether the focus is on a row already: only then do arrows move it, else they scroll. */
export function isOnRow(): boolean {
  const { activeElement } = document;
  return activeElement !== null && activeElement.matches(WAYS) && rowOf(activeElement) !== null;
}

function rowOf(element: Element): Element | null {
  return element.closest(ROWS);
}

function wayInto(row: Element): HTMLElement[] {
  if (row.closest(OWN_KEYS) !== null) return [];
  const ways = [...row.querySelectorAll<HTMLElement>(WAYS)];
  // Of a list within a row only the inner one counts; what is folded away cannot have the focus.
  const way = ways.find((one) => rowOf(one) === row && one.checkVisibility());
  return way === undefined ? [] : [way];
}

function firstAfterFocus(ways: readonly HTMLElement[]): HTMLElement | undefined {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) return ways[0];
  const after = ways.find(
    (way) => (activeElement.compareDocumentPosition(way) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
  );
  return after ?? ways[0];
}
