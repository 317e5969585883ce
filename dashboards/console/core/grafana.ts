/** Addresses of Grafana's boards about what a page shows, at the same time. */
import { withQuery } from '#dashboards/console/core/route.ts';
import type { TimeRange } from '#dashboards/console/core/time-range.ts';

/** What a page is about. A test compares uids and variables with the boards of dashboards/grafana. */
export type BoardSubject =
  | { readonly board: 'fleet' | 'pipeline' | 'chaos' }
  | { readonly board: 'slo'; readonly slo: string; readonly service: string }
  | { readonly board: 'service'; readonly service: string };

export const BOARD_UIDS: Readonly<Record<BoardSubject['board'], string>> = {
  fleet: 'plimsoll-fleet',
  pipeline: 'plimsoll-pipeline',
  chaos: 'plimsoll-chaos',
  slo: 'plimsoll-slo',
  service: 'plimsoll-service',
};

/** Names of the variables that a board is asked with. */
export function boardVariables(subject: BoardSubject): Readonly<Record<string, string>> {
  switch (subject.board) {
    case 'slo':
      return { slo: subject.slo, service: subject.service };
    case 'service':
      return { service: subject.service };
    case 'fleet':
    case 'pipeline':
    case 'chaos':
      return {};
  }
}

export interface BoardAddress {
  /** Of Grafana, without a slash at the end. */
  readonly base: string;
  /** Written as Grafana writes ranges, too: relative to now, or in milliseconds. */
  readonly range: TimeRange;
  /** Origin of this console: the board's links lead back to it, not to the default. */
  readonly console: string;
}

/** The board about `subject`. */
export function boardUrl(subject: BoardSubject, { base, range, console }: BoardAddress): string {
  const variables = Object.entries(boardVariables(subject)).map(([name, value]) => [`var-${name}`, value]);
  return withQuery(`${base}/d/${BOARD_UIDS[subject.board]}`, {
    from: range.from,
    to: range.to,
    'var-console': console,
    ...(Object.fromEntries(variables) as Readonly<Record<string, string>>),
  });
}
