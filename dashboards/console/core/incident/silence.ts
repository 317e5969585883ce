/** A silence as it is put together from an alert, and the question whom it would match. */

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
}

export interface SilenceBody {
  readonly matchers: readonly (SilenceMatcher & { readonly isRegex: false; readonly isEqual: true })[];
  /** RFC 3339. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

export const SILENCE_DURATIONS_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * 60_000);

/** What is known of the alert's labels when Alertmanager's API no longer has it. */
export function labelsOf(incident: {
  readonly alertname: string;
  readonly service: string;
  readonly sloId: string;
  readonly severity: string;
}): Readonly<Record<string, string>> {
  const { alertname, service, sloId, severity } = incident;
  return { alertname, service, severity, slo_id: sloId };
}

/** Matchers on all labels, those that say which SLO it is first. */
export function matchersOf(labels: Readonly<Record<string, string>>): readonly SilenceMatcher[] {
  const order = ['slo_id', 'alertname', 'service', 'severity'];
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(labels)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/** Path of the alerts that the matchers match now. */
export function previewPath(matchers: readonly SilenceMatcher[]): string {
  const query = new URLSearchParams();
  for (const matcher of matchers) query.append('filter', matcherText(matcher));
  return `/api/v2/alerts?${query.toString()}`;
}

/** As Alertmanager writes it: `service="gateway"`. */
export function matcherText({ name, value }: SilenceMatcher): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

export function silenceBody(
  matchers: readonly SilenceMatcher[],
  times: Pick<SilenceBody, 'startsAt' | 'endsAt'>,
  who: Pick<SilenceBody, 'createdBy' | 'comment'>,
): SilenceBody {
  const exact = matchers.map(({ name, value }) => ({ name, value, isRegex: false, isEqual: true }) as const);
  return { matchers: exact, ...times, ...who };
}
