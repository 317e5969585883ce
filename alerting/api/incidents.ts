/** What people do to an incident: acknowledging stops repeats, a note is kept; the alert itself goes on. */
import type { Incident, NoteDraft } from '#alerting/ports.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { NOTES_MAX, TIMELINE_ENTRIES_MAX } from '#alerting/state/incidents.ts';
import { CodedError } from '#base/errors.ts';

type IncidentParts = Pick<DriverParts, 'store' | 'clock'>;

/** Durable when it returns; undefined when there is no such incident. */
export function acknowledge(parts: IncidentParts, id: string, by: string): Incident | undefined {
  return change(parts, id, { by, acknowledged: true });
}

export function unacknowledge(parts: IncidentParts, id: string, by: string): Incident | undefined {
  return change(parts, id, { by, acknowledged: false });
}

/**
 * Durable when it returns; undefined when there is no such incident. One that is
 * over takes notes as well: that is when it is written up.
 *
 * @throws CodedError `PLIM_TIMELINE_FULL`
 */
export function addNote(
  { store, clock }: IncidentParts,
  id: string,
  { by, text }: NoteDraft,
): Incident | undefined {
  return store.transaction(() => {
    const incident = store.incidents.get(id);
    if (incident === undefined) return undefined;
    const problem = whyFull(incident);
    if (problem !== undefined) throw new CodedError('PLIM_TIMELINE_FULL', problem);
    store.incidents.note(id, { atMs: clock.wallMs(), kind: 'note', text, by });
    return store.incidents.get(id);
  });
}

function whyFull({ id, timeline }: Incident): string | undefined {
  if (timeline.length >= TIMELINE_ENTRIES_MAX) {
    return `the timeline of incident ${id} has ${TIMELINE_ENTRIES_MAX} entries and takes no note`;
  }
  const notes = timeline.filter(({ kind }) => kind === 'note').length;
  return notes < NOTES_MAX ? undefined : `incident ${id} has ${NOTES_MAX} notes and takes no more`;
}

interface Change {
  readonly by: string;
  readonly acknowledged: boolean;
}

function change(
  { store, clock }: IncidentParts,
  id: string,
  { by, acknowledged }: Change,
): Incident | undefined {
  return store.transaction(() => {
    const incident = store.incidents.get(id);
    if (incident === undefined) return undefined;
    const holder = acknowledged ? by : undefined;
    if (incident.acknowledgedBy === holder) return incident;
    const atMs = clock.wallMs();
    store.incidents.setAcknowledged(id, holder, atMs);
    const kind = acknowledged ? 'acknowledged' : 'unacknowledged';
    store.incidents.note(id, { atMs, kind, text: `${kind} by ${by}`, by });
    return store.incidents.get(id);
  });
}
