/**
 * Keys that work on every page. A key typed into a field is text, and a key with
 * ctrl, alt or meta is the browser's.
 */
import { GO_KEYS } from '#dashboards/console/core/keys.ts';
import { RANGE_DEFAULT, rangeByKey } from '#dashboards/console/core/time-range.ts';
import { keepingRange, navigate, setTimeRange } from '#dashboards/console/web/data/location.ts';
import { isOnRow, moveRow } from '#dashboards/console/web/frame/rows.ts';

/** What a key does when it stands alone. */
export interface Actions {
  readonly onHelp: () => void;
  readonly onTimeRange: () => void;
}

const GO_WINDOW_MS = 1500;
const tables = new Set<() => void>();
const pages = new Set<(event: KeyboardEvent) => boolean>();

/** Keys of the page that is shown: asked first; true says that the key was taken. */
export function onKeys(listener: (event: KeyboardEvent) => boolean): () => void {
  pages.add(listener);
  return () => pages.delete(listener);
}

/** Tells when charts are to become tables or charts again. */
export function onTables(listener: () => void): () => void {
  tables.add(listener);
  return () => tables.delete(listener);
}

/** Listens until the returned function is called. */
export function watchKeys(actions: Actions): () => void {
  let goUntilMs = 0;
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typed(event)) return;
    const going = event.timeStamp < goUntilMs;
    goUntilMs = 0;
    if (going) {
      const go = GO_KEYS.find(({ key }) => key === event.key);
      if (go === undefined) return;
      event.preventDefault();
      navigate(keepingRange(go.path));
    } else if (event.key === 'g') goUntilMs = event.timeStamp + GO_WINDOW_MS;
    else if ([...pages].some((take) => take(event)) || act(event.key, actions)) event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function act(key: string, actions: Actions): boolean {
  switch (key) {
    case '?':
      actions.onHelp();
      return true;
    case 'd':
      actions.onTimeRange();
      return true;
    case 't':
      for (const listener of tables) listener();
      return true;
    case '/': {
      const field = document.querySelector<HTMLElement>('[data-search]');
      field?.focus();
      return field !== null;
    }
    default:
      return changeRow(key) || changeRange(key);
  }
}

function changeRow(key: string): boolean {
  if (key === 'j' || key === 'k') return moveRow(key === 'j' ? 1 : -1);
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return false;
  return isOnRow() && moveRow(key === 'ArrowDown' ? 1 : -1);
}

/** Ranges of time by keys: what dragging over a chart does for a pointer. */
function changeRange(key: string): boolean {
  const query = new URLSearchParams(location.search);
  const { from, to } = RANGE_DEFAULT;
  const range = { from: query.get('from') ?? from, to: query.get('to') ?? to };
  const next = rangeByKey(key, range, Date.now());
  if (next !== undefined) setTimeRange(next);
  return next !== undefined;
}

/** Whether it is text, or the Escape that leaves a field. */
function typed(event: KeyboardEvent): boolean {
  // Within an editor the event names its outermost element; the path names the field.
  const [target = null] = event.composedPath();
  if (!isTyping(target)) return false;
  if (event.key === 'Escape' && target instanceof HTMLElement) target.blur();
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
