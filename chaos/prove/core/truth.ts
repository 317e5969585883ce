/**
 * When users were hurt, reckoned from their own log alone and event by event.
 * The rule is the one SLOs are judged by (burn rate over two windows, short
 * history filled up at the rate seen, a minimum of bad events), written down a
 * second time on purpose: an error in one is not in the other.
 */
import type { RecordedPolicy, RecordedSlo } from '#chaos/prove/core/recorded-run.ts';
import type { UserRequest } from '#chaos/prove/core/users.ts';

/** From here on both windows of a page policy burn too fast. */
export interface Onset {
  readonly atMs: number;
  readonly sloId: string;
  readonly policy: RecordedPolicy;
}

/** One SLO as users saw it. */
export interface Truth {
  readonly slo: RecordedSlo;
  /** In the order of time. */
  readonly events: readonly TruthEvent[];
  readonly onsets: readonly Onset[];
}

export interface TruthEvent {
  readonly endedMs: number;
  readonly bad: boolean;
}

/** No window is shorter; keeps the first event from being divided by nothing. */
const MEASURED_MS_MIN = 1;

/** Truth of each SLO that users can tell something about; `requests` in the order of their ends. */
export function truthOf(slos: readonly RecordedSlo[], requests: readonly UserRequest[]): readonly Truth[] {
  return slos
    .filter(({ steps }) => steps === null || steps.length > 0)
    .map((slo) => {
      const events = eventsOf(slo, requests);
      const pages = slo.policies.filter(({ severity }) => severity === 'page');
      const onsets = pages
        .flatMap((policy) => onsetsOf(slo, policy, events))
        .toSorted((a, b) => a.atMs - b.atMs);
      return { slo, events, onsets };
    });
}

/** The first pair that began to hold at or after `fromMs` and before `untilMs`, over all SLOs. */
export function firstOnset(truths: readonly Truth[], fromMs: number, untilMs: number): Onset | undefined {
  return truths
    .flatMap(({ onsets }) => onsets.find(({ atMs }) => atMs >= fromMs && atMs < untilMs) ?? [])
    .toSorted((a, b) => a.atMs - b.atMs)[0];
}

/** The end of the first request that was bad for any SLO, at or after `fromMs` and before `untilMs`. */
export function firstHurtMs(truths: readonly Truth[], fromMs: number, untilMs: number): number | undefined {
  return truths
    .flatMap(
      ({ events }) =>
        events.find(({ endedMs, bad }) => bad && endedMs >= fromMs && endedMs < untilMs)?.endedMs ?? [],
    )
    .toSorted((a, b) => a - b)[0];
}

/** Failed: no answer, or one of 500 and above. Latency SLOs hold what came too late to be bad as well. */
export function isBad(request: UserRequest, thresholdMs: number | null): boolean {
  if (request.status === 0 || request.status >= 500) return true;
  return thresholdMs !== null && request.endedMs - request.intendedMs > thresholdMs;
}

function eventsOf(slo: RecordedSlo, requests: readonly UserRequest[]): readonly TruthEvent[] {
  const counts = slo.steps === null ? undefined : new Set(slo.steps);
  return requests
    .filter(({ step }) => counts === undefined || counts.has(step))
    .map((request) => ({ endedMs: request.endedMs, bad: isBad(request, slo.thresholdMs) }));
}

/** Counts of the events in a window that slides over them. */
class SlidingWindow {
  readonly #events: readonly TruthEvent[];
  readonly #windowMs: number;
  #oldest = 0;
  #newest = 0;
  bad = 0;

  constructor(events: readonly TruthEvent[], windowMs: number) {
    this.#events = events;
    this.#windowMs = windowMs;
  }

  /** The window that ends with event `index`; it never goes back. */
  slideTo(index: number, nowMs: number): void {
    for (; this.#newest <= index; this.#newest += 1) this.bad += this.#badAt(this.#newest);
    for (; this.#endedMs(this.#oldest) <= nowMs - this.#windowMs; this.#oldest += 1) {
      this.bad -= this.#badAt(this.#oldest);
    }
  }

  /** Burn rate of the whole window, what was not measured filled up. */
  burn(nowMs: number, objective: number): number {
    const sinceFirstMs = nowMs - this.#endedMs(0);
    const measuredMs = Math.max(MEASURED_MS_MIN, Math.min(this.#windowMs, sinceFirstMs));
    const total = ((this.#newest - this.#oldest) * this.#windowMs) / measuredMs;
    return this.bad / ((1 - objective) * total);
  }

  #endedMs(index: number): number {
    return this.#events[index]?.endedMs ?? Number.POSITIVE_INFINITY;
  }

  #badAt(index: number): number {
    return this.#events[index]?.bad === true ? 1 : 0;
  }
}

function onsetsOf(slo: RecordedSlo, policy: RecordedPolicy, events: readonly TruthEvent[]): readonly Onset[] {
  const { objective, badEventsMin, id: sloId } = slo;
  const long = new SlidingWindow(events, policy.longWindowMs);
  const short = new SlidingWindow(events, policy.shortWindowMs);
  const onsets: Onset[] = [];
  let held = false;
  for (const [index, { endedMs: atMs }] of events.entries()) {
    long.slideTo(index, atMs);
    short.slideTo(index, atMs);
    const holds =
      long.bad >= badEventsMin &&
      long.burn(atMs, objective) > policy.factor &&
      short.burn(atMs, objective) > policy.factor;
    if (holds && !held) onsets.push({ atMs, sloId, policy });
    held = holds;
  }
  return onsets;
}

/** What users saw in one second. */
export interface SecondOfUsers {
  readonly startMs: number;
  readonly total: number;
  /** Bad for the SLO of `truth`. */
  readonly bad: number;
}

/** Every second from `fromMs` to `untilMs`, those without a request too. */
export function bySecond(truth: Truth, fromMs: number, untilMs: number): readonly SecondOfUsers[] {
  const seconds = Array.from({ length: Math.max(0, Math.ceil((untilMs - fromMs) / 1000)) }, (_, index) => ({
    startMs: fromMs + 1000 * index,
    total: 0,
    bad: 0,
  }));
  for (const { endedMs, bad } of truth.events) {
    const second = seconds[Math.floor((endedMs - fromMs) / 1000)];
    if (endedMs < fromMs || second === undefined) continue;
    second.total += 1;
    if (bad) second.bad += 1;
  }
  return seconds;
}
