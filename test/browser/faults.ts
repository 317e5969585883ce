/** Faults of the world's demo, through the origin as the console starts them, and the page that follows. */
import { world } from '#test/browser/addresses.ts';
import { until } from '#test/support/wait.ts';

export interface Fault {
  readonly fault: string;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface ReceivedPage {
  readonly receivedMs: number;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly generatorURL: string;
    readonly plimsoll: { readonly incident_url: string };
  }[];
}

/** A lease: it ends by itself should the test die. */
const LEASE_MS = 180_000;
/** A page takes a minute where windows are not divided. */
const PAGE_MS_MAX = 150_000;

/** Resolves with what ends it. */
export async function startFault({ fault, target, parameters }: Fault): Promise<() => Promise<void>> {
  const faults = `${world().origin}/api/plimsoll/v1/faults`;
  const response = await fetch(faults, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, target, parameters, forMs: LEASE_MS }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`the fault was refused: ${response.status} ${text}`);
  const { id } = JSON.parse(text) as { readonly id: string };
  return async () => {
    await fetch(`${faults}/${id}`, { method: 'DELETE' });
  };
}

export interface PageLinks {
  /** The link that stands in the page. */
  readonly incident: string;
  /** Where an alert in Grafana or Alertmanager leads. */
  readonly generator: string;
}

/** Links of what arrived on the phone since then. */
export async function linksOfPage(sinceMs: number): Promise<PageLinks> {
  return until(
    'the page',
    async () => {
      const response = await fetch(`${world().origin}/api/plimsoll/v1/pages?limit=50`);
      const { pages } = (await response.json()) as { readonly pages: readonly ReceivedPage[] };
      const alerts = pages.filter(({ receivedMs }) => receivedMs >= sinceMs).flatMap((page) => page.alerts);
      const paging = alerts.find(
        ({ status, labels }) => status === 'firing' && labels['severity'] === 'page',
      );
      if (paging === undefined) return false;
      return { incident: paging.plimsoll.incident_url, generator: paging.generatorURL };
    },
    { timeoutMs: PAGE_MS_MAX, everyMs: 200 },
  );
}
