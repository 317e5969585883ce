/** Silences by API: Alertmanager's rules for creating, editing and expiring, each durable before it is answered. */
import type { Silence, SilenceDraft, TimelineEntry } from '#alerting/ports.ts';
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';
import { compileMatchers } from '#alerting/router/core/matching.ts';
import {
  canEditInPlace,
  compileSilence,
  expired,
  SILENCES_LIVING_MAX,
  silenceProblem,
  silenceState,
  silenceText,
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
    const edited = { ...stored(draft, before.id, nowMs), startsAtMs: draft.startsAtMs };
    silences.put(edited);
    noteSilenced(parts, edited);
    return before.id;
  }
  if (before !== undefined) end(parts, before, nowMs);
  if (silences.livingCount(nowMs) >= SILENCES_LIVING_MAX) {
    const message = `there are ${SILENCES_LIVING_MAX} silences already; expire some`;
    throw new CodedError('PLIM_SILENCE_INVALID', message);
  }
  const silence = stored(draft, uuid(parts.random), nowMs);
  silences.put(silence);
  noteSilenced(parts, silence);
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

/** False when unknown; expiring what has expired changes nothing. */
export function expireSilence(parts: SilenceParts, id: string): boolean {
  return parts.store.transaction(() => {
    const silence = parts.store.silences.get(id);
    if (silence !== undefined) end(parts, silence, parts.clock.wallMs());
    return silence !== undefined;
  });
}

function end(parts: SilenceParts, silence: StoredSilence, nowMs: number): void {
  if (silenceState(silence, nowMs) === 'expired') return;
  parts.store.silences.put(expired(silence, nowMs));
  // Whoever ended it did not say who they are.
  const entry = { atMs: nowMs, kind: 'unsilenced', text: `silence ${silence.id} was ended` } as const;
  noteOnIncidents(parts, silence, { ...entry, by: BY_PLIMSOLL });
}

function noteSilenced(parts: SilenceParts, silence: StoredSilence): void {
  const atMs = parts.clock.wallMs();
  const by = silence.createdBy === '' ? BY_PLIMSOLL : silence.createdBy;
  noteOnIncidents(parts, silence, { atMs, kind: 'silenced', text: silenceText(silence, atMs), by });
}

/** On the open incidents whose alerts the silence is about. */
function noteOnIncidents({ store }: SilenceParts, silence: StoredSilence, entry: TimelineEntry): void {
  const matches = compileSilence(silence.matchers);
  for (const alert of store.alerts.firing()) {
    if (matches(alert.labels)) store.incidents.note(alert.incidentId, entry);
  }
}

function withState(silence: StoredSilence, nowMs: number): Silence {
  return { ...silence, state: silenceState(silence, nowMs) };
}
