/** The list of incidents: which are shown, and when they are read. */
import type { Incident } from '#dashboards/console/web/data/own-api.ts';

export interface IncidentFilter {
  readonly text: string;
  readonly service: string;
  readonly slo: string;
  /** '' for both. */
  readonly severity: string;
}

/** All that is filled in must hold; text is looked for in names, suspects, people and notes. */
export function filterIncidents(
  incidents: readonly Incident[],
  { text, service, slo, severity }: IncidentFilter,
): readonly Incident[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return incidents.filter((incident) => {
    if (service !== '' && incident.service !== service) return false;
    if (slo !== '' && incident.sloId !== slo) return false;
    if (severity !== '' && incident.severity !== severity) return false;
    if (words.length === 0) return true;
    const hay = haystack(incident);
    return words.every((word) => hay.includes(word));
  });
}

function haystack({ id, sloId, alertname, acknowledgedBy, evidence, timeline }: Incident): string {
  const suspects = evidence.suspects.flatMap(({ service, reason }) => [service, reason]);
  const notes = timeline.filter(({ kind }) => kind === 'note').map(({ text }) => text);
  return [id, sloId, alertname, acknowledgedBy ?? '', ...suspects, ...notes].join('\n').toLowerCase();
}

/** The worst first: pages before tickets, who nobody has before who somebody has, then the newest. */
export function worstFirst(incidents: readonly Incident[]): readonly Incident[] {
  const rank = ({ severity, acknowledgedBy }: Incident): number =>
    (severity === 'page' ? 0 : 2) + (acknowledgedBy === null ? 0 : 1);
  return incidents.toSorted((a, b) => rank(a) - rank(b) || b.startsAtMs - a.startsAtMs);
}

/** Values to choose from, and the chosen one even when no row has it. */
export function choicesOf(values: readonly string[], chosen: string): readonly string[] {
  return [...new Set([...values, ...(chosen === '' ? [] : [chosen])])].toSorted();
}

/** Out of an address. */
export function readFilter(query: URLSearchParams): IncidentFilter {
  const of = (name: string): string => query.get(name) ?? '';
  return { text: of('text'), service: of('service'), slo: of('slo'), severity: of('severity') };
}

export function isFiltering(filter: IncidentFilter): boolean {
  return Object.values(filter).some((value) => value !== '');
}

/** How bad it is, and whether somebody is on it. */
export function openSentence(open: readonly Incident[] | undefined): string {
  if (open === undefined) return 'Loading…';
  const untaken = open.filter(({ acknowledgedBy }) => acknowledgedBy === null).length;
  if (open.length === 0) return 'Nothing burns now.';
  if (open.length === 1) return `One incident is open; ${untaken === 0 ? 'somebody' : 'nobody'} has it.`;
  const rest = untaken === 0 ? 'somebody has each of them.' : `nobody has ${untaken} of them yet.`;
  return `${open.length} incidents are open; ${untaken === open.length ? 'nobody has any of them.' : rest}`;
}
