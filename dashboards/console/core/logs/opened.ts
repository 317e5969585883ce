/** Lines that stand open, as the address names them: `row` and the time of each, `at`. */
import type { QueryValue } from '#dashboards/console/core/route.ts';

/** Beyond it the oldest closes: an address has to be short enough to be sent. */
export const OPENED_MAX = 12;

export interface OpenedLine {
  readonly id: string;
  /** For a line that no search of the page brings; undefined when the address lacks it. */
  readonly unixNanos: string | undefined;
}

/** In the order they were opened. */
export function openedOf(query: URLSearchParams): readonly OpenedLine[] {
  const times = query.getAll('at');
  const ids = query.getAll('row').filter((id) => id !== '');
  return ids
    .map((id, index) => {
      const at = times[index] ?? '';
      return { id, unixNanos: /^\d{1,19}$/.test(at) ? at : undefined };
    })
    .filter(({ id }, index) => ids.indexOf(id) === index)
    .slice(-OPENED_MAX);
}

/** The changes that open a line beside the others, or close it. */
export function withToggled(
  query: URLSearchParams,
  line: { readonly id: string; readonly unixNanos: string },
): Readonly<Record<string, QueryValue>> {
  const opened = openedOf(query);
  const others = opened.filter(({ id }) => id !== line.id);
  const isOpen = others.length < opened.length;
  const rows = isOpen ? others : [...others, line].slice(-OPENED_MAX);
  const around = query.get('of') ?? opened[0]?.id;
  return {
    row: rows.map(({ id }) => id),
    // Times stand in the places of their lines: none may be left out.
    at: rows.map(({ unixNanos }) => unixNanos ?? '-'),
    ...(isOpen && around === line.id ? { context: undefined, of: undefined } : {}),
  };
}

/** How many lines around a line are asked for; 0 for none. */
export function contextOf(query: URLSearchParams, id: string): number {
  const of = query.get('of') ?? openedOf(query)[0]?.id;
  const around = Math.trunc(Number(query.get('context') ?? '0'));
  return of === id && around > 0 ? around : 0;
}
