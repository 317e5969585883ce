/**
 * Keys that work on every page. A key typed into a field is text, and a key with
 * ctrl, alt or meta is the browser's.
 */
import { keepingRange, navigate } from '#dashboards/console/web/data/location.ts';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';

/** `g`, then one of these. */
export const GO_KEYS: readonly { readonly key: string; readonly name: string; readonly route: Route }[] = [
  { key: 'n', name: 'Now', route: { page: 'now' } },
  { key: 's', name: 'SLOs', route: { page: 'slos' } },
  { key: 'i', name: 'Incidents', route: { page: 'incidents' } },
  { key: 't', name: 'Traces', route: { page: 'traces' } },
  { key: 'l', name: 'Logs', route: { page: 'logs' } },
  { key: 'm', name: 'Metrics', route: { page: 'metrics' } },
  { key: 'p', name: 'Pipeline', route: { page: 'pipeline' } },
  { key: 'c', name: 'Chaos & proof', route: { page: 'proof' } },
  { key: 'r', name: 'Receiver', route: { page: 'receiver' } },
];

/** Everything else, for the list that `?` shows. */
export const OTHER_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['?', 'this list'],
  ['/', 'search'],
  ['d', 'time range'],
  ['t', 'charts as tables, and back'],
  ['j k ↓ ↑', 'next and previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close, or leave a field'],
];

/** What a key does when it stands alone. */
export interface Actions {
  readonly onHelp: () => void;
  readonly onTimeRange: () => void;
}

const GO_WINDOW_MS = 1500;
const tables = new Set<() => void>();

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
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    const going = performance.now() < goUntilMs;
    goUntilMs = 0;
    if (going) {
      const go = GO_KEYS.find(({ key }) => key === event.key);
      if (go === undefined) return;
      event.preventDefault();
      navigate(keepingRange(pathOf(go.route)));
    } else if (event.key === 'g') goUntilMs = performance.now() + GO_WINDOW_MS;
    else if (act(event.key, actions)) event.preventDefault();
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
      return false;
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
