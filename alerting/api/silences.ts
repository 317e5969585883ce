/** Silences by API: Alertmanager's rules for creating, editing and expiring, each durable before it is answered. */
import type { Silence, SilenceDraft } from '#alerting/ports.ts';
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';
import { compileMatchers } from '#alerting/router/core/matching.ts';
import {
  canEditInPlace,
  compileSilence,
  expired,
  SILENCES_LIVING_MAX,
  silenceProblem,
  silenceState,
  type StoredSilence,
} from '#alerting/router/core/silence.ts';
import { CodedError } from '#base/errors.ts';
import { uuid } from '#base/random.ts';
import type { Matcher } from '#signals/matchers.ts';

type SilenceParts = Pick<DriverParts, 'store' | 'clock' | 'random'>;

/** Those whose own matchers, read as labels, meet `matchers`; as Alertmanager filters silences. */
export function listSilences(parts: SilenceParts, matchers: readonly Matcher[]): readonly Silence[] {
  const nowMs = parts.clock.wallMs();
  const test = compileMatchers(matchers);
  return parts.store.silences
    .all()
    .filter((silence) => test(Object.fromEntries(silence.matchers.map(({ name, value }) => [name, value]))))
    .map((silence) => withState(silence, nowMs));
}

export function getSilence(parts: SilenceParts, id: string): Silence | undefined {
  const silence = parts.store.silences.get(id);
  return silence === undefined ? undefined : withState(silence, parts.clock.wallMs());
}

/** @throws CodedError `PLIM_SILENCE_INVALID`, `PLIM_NOT_FOUND` */
export function putSilence(parts: SilenceParts, draft: SilenceDraft): string {
  const nowMs = parts.clock.wallMs();
  const problem = silenceProblem(draft, nowMs);
  if (problem !== undefined) throw new CodedError('PLIM_SILENCE_INVALID', problem);
  return parts.store.transaction(() => store(parts, draft, nowMs));
}

function store(parts: SilenceParts, draft: SilenceDraft, nowMs: number): string {
  const { silences } = parts.store;
  const before = draft.id === undefined || draft.id === '' ? undefined : silences.get(draft.id);
  if (draft.id !== undefined && draft.id !== '' && before === undefined) {
    throw new CodedError('PLIM_NOT_FOUND', `there is no silence ${draft.id}`);
  }
  if (before !== undefined && canEditInPlace(before, draft, nowMs)) {
    silences.put({ ...stored(draft, before.id, nowMs), startsAtMs: draft.startsAtMs });
    return before.id;
  }
  if (before !== undefined && silenceState(before, nowMs) !== 'expired') silences.put(expired(before, nowMs));
  if (silences.livingCount(nowMs) >= SILENCES_LIVING_MAX) {
    const message = `there are ${SILENCES_LIVING_MAX} silences already; expire some`;
    throw new CodedError('PLIM_SILENCE_INVALID', message);
  }
  const silence = stored(draft, uuid(parts.random), nowMs);
  silences.put(silence);
  noteOnIncidents(parts, silence);
  return silence.id;
}

function stored(draft: SilenceDraft, id: string, nowMs: number): StoredSilence {
  const { matchers, createdBy, comment, annotations } = draft;
  const startsAtMs = Math.max(draft.startsAtMs, nowMs);
  return {
    id,
    matchers,
    startsAtMs,
    endsAtMs: draft.endsAtMs,
    updatedAtMs: nowMs,
    createdBy,
    comment,
    annotations,
  };
}

function noteOnIncidents(
  { store: { alerts, incidents }, clock }: SilenceParts,
  silence: StoredSilence,
): void {
  const matches = compileSilence(silence.matchers);
  for (const alert of alerts.firing()) {
    if (!matches(alert.labels)) continue;
    incidents.note(alert.incidentId, {
      atMs: clock.wallMs(),
      kind: 'silenced',
      text: `silence ${silence.id}: ${silence.comment}`,
      by: silence.createdBy === '' ? BY_PLIMSOLL : silence.createdBy,
    });
  }
}

/** False when unknown; expiring what has expired changes nothing. */
export function expireSilence(parts: SilenceParts, id: string): boolean {
  const nowMs = parts.clock.wallMs();
  return parts.store.transaction(() => {
    const silence = parts.store.silences.get(id);
    if (silence === undefined) return false;
    if (silenceState(silence, nowMs) !== 'expired') parts.store.silences.put(expired(silence, nowMs));
    return true;
  });
}

function withState(silence: StoredSilence, nowMs: number): Silence {
  return { ...silence, state: silenceState(silence, nowMs) };
}
