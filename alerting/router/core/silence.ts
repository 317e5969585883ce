/** Silences: what is a valid one, what an edit may change, and whom they silence (Alertmanager silence/silence.go). */
import type { Silence, SilenceDraft, SilenceMatcher } from '#alerting/ports.ts';
import { compileMatchers, type LabelTest } from '#alerting/router/core/matching.ts';
import { isoTime } from '#alerting/slo/core/iso-time.ts';
import { errorText } from '#base/errors.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

export type StoredSilence = Omit<Silence, 'state'>;

/** Every alert is checked against every living silence at each flush. */
export const SILENCES_LIVING_MAX = 1000;
/** As JSON. Room for dozens of matchers and a long comment. */
export const SILENCE_BYTES_MAX = 16 * 1024;
/** Expired silences are shown this long: Alertmanager's data.retention. */
export const SILENCE_RETENTION_MS = 120 * 3_600_000;

export function silenceState(
  silence: Pick<Silence, 'startsAtMs' | 'endsAtMs'>,
  nowMs: number,
): Silence['state'] {
  if (nowMs < silence.startsAtMs) return 'pending';
  return nowMs < silence.endsAtMs ? 'active' : 'expired';
}

export function silenceOperator({ isEqual, isRegex }: SilenceMatcher): Matcher['operator'] {
  if (isRegex) return isEqual ? '=~' : '!~';
  return isEqual ? '=' : '!=';
}

/** @throws CodedError for a regex that is not RE2 */
export function compileSilence(matchers: readonly SilenceMatcher[]): LabelTest {
  return compileMatchers(
    matchers.map((matcher) => ({
      name: matcher.name,
      operator: silenceOperator(matcher),
      value: matcher.value,
    })),
  );
}

/** What is wrong with `draft`, as a sentence; undefined when nothing is. */
export function silenceProblem(draft: SilenceDraft, nowMs: number): string | undefined {
  if (!(draft.endsAtMs > draft.startsAtMs)) return 'endsAt must be after startsAt';
  if (!(draft.endsAtMs > nowMs)) return 'endsAt must be in the future';
  if (draft.matchers.length === 0) return 'a silence needs at least one matcher';
  if (JSON.stringify(draft).length > SILENCE_BYTES_MAX) {
    return `the silence is larger than ${SILENCE_BYTES_MAX} bytes`;
  }
  if (draft.matchers.some((matcher) => matcher.name === '')) return 'a matcher needs the name of a label';
  try {
    // One that accepts no labels at all would silence everything.
    const silencesAnything = draft.matchers.every((matcher) => compileSilence([matcher])({}));
    if (silencesAnything) return 'at least one matcher must not match the empty string';
  } catch (error) {
    return `a matcher is not valid: ${errorText(error)}`;
  }
  return undefined;
}

/** Whether `draft` may change `stored` in place; otherwise it becomes a new silence. */
export function canEditInPlace(stored: StoredSilence, draft: SilenceDraft, nowMs: number): boolean {
  if (JSON.stringify(stored.matchers) !== JSON.stringify(draft.matchers)) return false;
  switch (silenceState(stored, nowMs)) {
    case 'expired':
      return false;
    case 'active':
      // Compared in seconds: clients cut the fraction off.
      return Math.floor(stored.startsAtMs / 1000) === Math.floor(draft.startsAtMs / 1000);
    case 'pending':
      return draft.startsAtMs >= nowMs;
  }
}

/** For a timeline: which one, until when, and why. */
export function silenceText({ id, startsAtMs, endsAtMs, comment }: StoredSilence, nowMs: number): string {
  const from = startsAtMs > nowMs ? `from ${isoTime(startsAtMs)} ` : '';
  return `silence ${id} ${from}until ${isoTime(endsAtMs)}${comment === '' ? '' : `: ${comment}`}`;
}

/** `silence` ended at `nowMs`; one that had not begun never begins. */
export function expired(silence: StoredSilence, nowMs: number): StoredSilence {
  const startsAtMs = Math.min(silence.startsAtMs, nowMs);
  return { ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs };
}

/** Finds the active silences of an alert; compiled patterns are kept between calls. */
export class Silencer {
  readonly #compiled = new Map<string, LabelTest>();

  /** Ids of the silences that are active at `nowMs` and match `labels`. */
  silencedBy(silences: readonly StoredSilence[], labels: Labels, nowMs: number): readonly string[] {
    return silences
      .filter((silence) => silenceState(silence, nowMs) === 'active' && this.#test(silence)(labels))
      .map((silence) => silence.id);
  }

  /** By id: the matchers of a silence never change, an edit of them makes a new one. */
  #test(silence: StoredSilence): LabelTest {
    const known = this.#compiled.get(silence.id);
    if (known !== undefined) return known;
    // Ids of silences that are gone collect here; start over rather than track them.
    if (this.#compiled.size >= 2 * SILENCES_LIVING_MAX) this.#compiled.clear();
    const test = compileSilence(silence.matchers);
    this.#compiled.set(silence.id, test);
    return test;
  }
}
