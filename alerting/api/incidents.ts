/** Acknowledging: says who is on it and stops repeats; the alert itself goes on. */
import type { Incident } from '#alerting/ports.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';

type IncidentParts = Pick<DriverParts, 'store' | 'clock'>;

/** Durable when it returns; undefined when there is no such incident. */
export function acknowledge(parts: IncidentParts, id: string, by: string): Incident | undefined {
  return change(parts, id, { by, acknowledged: true });
}

export function unacknowledge(parts: IncidentParts, id: string, by: string): Incident | undefined {
  return change(parts, id, { by, acknowledged: false });
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
