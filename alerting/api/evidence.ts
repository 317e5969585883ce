/** Evidence of the stores by API: what is wanted, handing it in, and what was kept. */
import {
  EVIDENCE_BYTES_MAX,
  NOTHING_KEPT,
  type EvidenceWanted,
  type KeptEvidence,
  type KeptPart,
} from '#alerting/kept-evidence.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { CodedError } from '#base/errors.ts';

type EvidenceParts = Pick<DriverParts, 'store'>;

const BEFORE_ITS_TIME = {
  state: 'not-kept',
  reason: 'the incident began before Plimsoll kept such evidence',
} as const;

/** Incidents of which a part is pending, the oldest first. */
export function evidenceWanted({ store }: EvidenceParts, max: number): readonly EvidenceWanted[] {
  return store.evidence.pending(max).flatMap((id): EvidenceWanted[] => {
    const incident = store.incidents.get(id);
    if (incident === undefined) return [];
    const { service, startsAtMs, evidence } = incident;
    return [
      { incident: { id, service, startsAtMs, evidence }, kept: store.evidence.get(id) ?? NOTHING_KEPT },
    ];
  });
}

/** Undefined when there is no such incident. */
export function keptEvidence({ store }: EvidenceParts, id: string): KeptEvidence | undefined {
  if (store.incidents.get(id) === undefined) return undefined;
  const nothing = store.evidence.isPending(id)
    ? NOTHING_KEPT
    : { logs: BEFORE_ITS_TIME, changes: BEFORE_ITS_TIME, traces: BEFORE_ITS_TIME };
  return store.evidence.get(id) ?? nothing;
}

/**
 * Durable when it returns; false when there is no such incident. What is kept or
 * given up stays as it is, whatever comes later.
 *
 * @throws CodedError `PLIM_BODY_TOO_LARGE`; nothing has changed then
 */
export function keepEvidence({ store }: EvidenceParts, id: string, evidence: KeptEvidence): boolean {
  return store.transaction(() => {
    const before = keptEvidence({ store }, id);
    if (before === undefined) return false;
    const after = {
      logs: settled(before.logs, evidence.logs),
      changes: settled(before.changes, evidence.changes),
      traces: settled(before.traces, evidence.traces),
    };
    const bytes = Buffer.byteLength(JSON.stringify(after));
    if (bytes > EVIDENCE_BYTES_MAX) {
      const message = `the evidence of incident ${id} has ${bytes} bytes; at most ${EVIDENCE_BYTES_MAX} are kept`;
      throw new CodedError('PLIM_BODY_TOO_LARGE', message);
    }
    store.evidence.put(id, after);
    return true;
  });
}

function settled<T>(before: KeptPart<T>, after: KeptPart<T>): KeptPart<T> {
  return before.state === 'pending' ? after : before;
}
