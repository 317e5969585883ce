/** The alert behind an incident, as Alertmanager's API has it while it fires. */
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { matcherText } from '#dashboards/console/core/incident/silence.ts';

export interface GettableAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

const POLL_MS = 5000;

/** Undefined once it is resolved. */
export function useAlert(incident: Incident | undefined) {
  const firing = incident?.state === 'firing';
  const filter = incident === undefined ? '' : matcherText({ name: 'slo_id', value: incident.sloId });
  const path = firing ? `/api/v2/alerts?filter=${encodeURIComponent(filter)}` : undefined;
  const { data, reload } = useJson<readonly GettableAlert[]>(path, { everyMs: POLL_MS });
  return { alert: data?.find(({ fingerprint }) => fingerprint === incident?.fingerprint), reload };
}
