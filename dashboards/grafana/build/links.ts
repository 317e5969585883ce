/** Ways from a panel into the console and to the other boards. `$console` is a variable of every board. */
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** Where the console stands when nobody says otherwise: the origin's default address. */
export const CONSOLE_DEFAULT = 'http://127.0.0.1:7300';

/** Pages of the console, as far as boards lead there. A test asks the console for each. */
export const CONSOLE_PAGES = {
  now: '/ui',
  slos: '/ui/slos',
  incidents: '/ui/incidents',
  traces: '/ui/traces',
  logs: '/ui/logs',
  pipeline: '/ui/pipeline',
  proof: '/ui/proof',
} as const;

export type ConsolePage = keyof typeof CONSOLE_PAGES;

/** @param more appended to the address: a path below the page, or a query */
export function consoleLink(title: string, page: ConsolePage, more = ''): DashboardLinkBuilder {
  return outward(title, `\${console}${CONSOLE_PAGES[page]}${more}`);
}

/** To another board, at the same time. @param query with variables, `var-slo=…` */
export function boardLink(title: string, uid: string, query = ''): DashboardLinkBuilder {
  const asked = query === '' ? '' : `&${query}`;
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}?\${__url_time_range}&\${console:queryparam}${asked}`);
}

function outward(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true);
}
