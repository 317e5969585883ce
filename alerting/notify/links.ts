/** Where a page leads: addresses of the console, for people who have just been woken. */
import type { Labels } from '#signals/matchers.ts';

/** Where the console lives below the external URL. */
const CONSOLE = '/ui';

/** Page of an SLO; its id holds a slash that stays one. */
export function sloUrl(externalUrl: string, sloId: string): string {
  return `${externalUrl}${CONSOLE}/slos/${sloId.split('/').map(encodeURIComponent).join('/')}`;
}

export function incidentUrl(externalUrl: string, incidentId: string): string {
  return `${externalUrl}${CONSOLE}/incidents/${encodeURIComponent(incidentId)}`;
}

export function traceUrl(externalUrl: string, traceId: string): string {
  return `${externalUrl}${CONSOLE}/traces/${encodeURIComponent(traceId)}`;
}

/**
 * The annotations of an alert with links for clients that show nothing else,
 * such as Grafana's list of alerts. What the SLO itself says goes first.
 *
 * @param externalUrl without a slash at the end
 */
export function linkedAnnotations(
  { annotations, incidentId }: { readonly annotations: Labels; readonly incidentId: string },
  externalUrl: string,
): Labels {
  const traceId = annotations['trace_id'];
  return {
    incident_url: incidentUrl(externalUrl, incidentId),
    ...(traceId === undefined ? {} : { trace_url: traceUrl(externalUrl, traceId) }),
    ...annotations,
  };
}
