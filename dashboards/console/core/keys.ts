/** Keys that work on every page, as data: the frame acts on them, `?` lists them. */
import { pathOf, type Route } from '#dashboards/console/core/route.ts';

export interface GoKey {
  readonly key: string;
  readonly name: string;
  readonly path: string;
}

const GO: readonly (readonly [key: string, name: string, route: Route])[] = [
  ['n', 'Now', { page: 'now' }],
  ['s', 'SLOs', { page: 'slos' }],
  ['i', 'Incidents', { page: 'incidents' }],
  ['t', 'Traces', { page: 'traces' }],
  ['l', 'Logs', { page: 'logs' }],
  ['m', 'Metrics', { page: 'metrics' }],
  ['p', 'Pipeline', { page: 'pipeline' }],
  ['c', 'Chaos & proof', { page: 'proof' }],
  ['r', 'Receiver', { page: 'receiver' }],
];

/** `g`, then one of these. */
export const GO_KEYS: readonly GoKey[] = GO.map(([key, name, route]) => ({ key, name, path: pathOf(route) }));

export const OTHER_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['?', 'this list'],
  ['/', 'search'],
  ['d', 'time range'],
  ['t', 'charts as tables, and back'],
  ['j k', 'next and previous row of the lists; ↓ ↑ once on one'],
  ['Enter', 'open the row'],
  ['+ -', 'half and double the time range; in a trace: zoom in and out'],
  ['[ ]', 'earlier and later; in a trace: along its time'],
  ['0', 'the usual time range; in a trace: all of it'],
  ['← →', 'in a trace: close and open a row; on its overview: along its time'],
  ['e E', 'in a trace: next and previous failed span'],
  ['c', 'in a trace: the critical path alone'],
  ['Esc', 'close, or leave a field'],
];
