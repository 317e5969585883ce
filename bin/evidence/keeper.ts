/**
 * Keeps with each incident what the stores tell of the time around its start,
 * moments after it began. A store that cannot answer is asked again with
 * back-off, and in the end the incident says why it has no answer. All state is
 * in alerting: after a restart this goes on with what is still wanted.
 */
import type { AlertingApi } from '#alerting/ports.ts';
import type { EvidencePart, EvidenceWanted, KeptPart } from '#alerting/kept-evidence.ts';
import { sleep, within, type Clock } from '#base/clock.ts';
import { CodedError, errorText, isCoded } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Counter, Meter } from '#base/metrics.ts';
import type { Remote } from '#base/rpc.ts';
import { askingOf, type Asking, type EvidenceStores } from '#bin/evidence/ask.ts';
import { windowOf, type Window } from '#bin/evidence/core/window.ts';
import { shortText } from '#bin/evidence/core/text.ts';
import { METRICS } from '#signals/registry.ts';

/** How soon a new incident is seen. */
export const POLL_MS = 1000;
/** What was on its way when it fired, such as the last spans of a failing trace, has arrived by then. */
export const SETTLE_MS = 2000;
/** Between tries: doubled from the first to the last. */
const RETRY_MS_MIN = 2000;
const RETRY_MS_MAX = 120_000;
/** With the times between them some twelve minutes: a store that is longer away is not being restarted. */
export const TRIES_MAX = 12;
/** Above the stores' own limits of 25 s: for one that hangs. */
const ANSWER_MS_MAX = 30_000;

export interface EvidenceKeeperOptions {
  readonly alerting: Pick<Remote<AlertingApi>, 'evidenceWanted' | 'keepEvidence'>;
  readonly stores: EvidenceStores;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
}

/** Runs until `signal` aborts; never rejects. */
export async function keepEvidence(options: EvidenceKeeperOptions, signal: AbortSignal): Promise<void> {
  const keeper = new EvidenceKeeper(options, signal);
  while (!signal.aborted) {
    // Alerting that is being started again is asked again.
    await keeper.round().catch((error: unknown) => {
      if (!signal.aborted && !isCoded(error, 'PLIM_STORE_UNAVAILABLE'))
        options.log.error({ error: errorText(error) }, 'evidence of incidents could not be kept');
    });
    await sleep(options.clock, POLL_MS, signal).catch(() => {});
  }
}

interface Tries {
  readonly made: number;
  /** Monotonic. */
  readonly nextMs: number;
}

export class EvidenceKeeper {
  readonly #options: EvidenceKeeperOptions;
  readonly #signal: AbortSignal;
  readonly #asking: Asking;
  readonly #outcomes: Counter;
  /** By incident; a new start counts anew. */
  #tries = new Map<string, Tries>();

  constructor(options: EvidenceKeeperOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#asking = askingOf(options.stores);
    this.#outcomes = options.meter.counter(METRICS.evidenceParts);
  }

  /** One after another: the stores have people to answer, who look at the same incident. */
  async round(): Promise<void> {
    const { alerting, clock } = this.#options;
    const wanted = await alerting.evidenceWanted();
    const before = this.#tries;
    const first = { made: 0, nextMs: clock.monotonicMs() + SETTLE_MS };
    this.#tries = new Map(wanted.map(({ incident: { id } }) => [id, before.get(id) ?? first]));
    for (const one of wanted) {
      const { made, nextMs } = this.#tries.get(one.incident.id) ?? first;
      if (this.#signal.aborted) return;
      if (nextMs > clock.monotonicMs()) continue;
      const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** made);
      try {
        await this.#try(one, made + 1);
      } finally {
        this.#tries.set(one.incident.id, { made: made + 1, nextMs: clock.monotonicMs() + delayMs });
      }
    }
  }

  async #try({ incident, kept }: EvidenceWanted, number: number): Promise<void> {
    const { logs, changes, traces } = this.#asking;
    const window = windowOf(incident, this.#options.clock.wallMs());
    const of = (part: EvidencePart): Question => ({ part, number, window });
    const evidence = {
      logs: await this.#part(kept.logs, of('logs'), (signal) => logs(incident, window, signal)),
      changes: await this.#part(kept.changes, of('changes'), (signal) => changes(incident, window, signal)),
      traces: await this.#part(kept.traces, of('traces'), (signal) => traces(incident, window, signal)),
    };
    // What a stop broke off is no failure of a store.
    if (this.#signal.aborted) return;
    if (JSON.stringify(evidence) !== JSON.stringify(kept))
      await this.#options.alerting.keepEvidence(incident.id, evidence);
  }

  async #part<T>(
    before: KeptPart<T>,
    { part, number, window: { startMs, endMs } }: Question,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<KeptPart<T>> {
    if (before.state !== 'pending') return before;
    try {
      const value = await this.#inTime(ask);
      this.#outcomes.add(1, { part, outcome: 'kept' });
      return { state: 'kept', asOfMs: this.#options.clock.wallMs(), startMs, endMs, value };
    } catch (error) {
      const text = shortText(errorText(error));
      if (isCoded(error) && !error.canRetry) return this.#notKept(part, text);
      if (number >= TRIES_MAX) return this.#notKept(part, `no answer in ${number} tries: ${text}`);
      this.#outcomes.add(1, { part, outcome: 'tried' });
      return { state: 'pending', reason: text };
    }
  }

  #notKept(part: EvidencePart, reason: string): { readonly state: 'not-kept'; readonly reason: string } {
    this.#outcomes.add(1, { part, outcome: 'not-kept' });
    this.#options.log.warn({ part, reason }, 'an incident is without a part of its evidence');
    return { state: 'not-kept', reason };
  }

  /** @throws CodedError `PLIM_QUERY_TIMEOUT`, and whatever `ask` throws */
  async #inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const answer = ask(this.#signal).then((value) => ({ value }));
    const found = await within(this.#options.clock, ANSWER_MS_MAX, answer);
    if (found !== undefined) return found.value;
    throw new CodedError('PLIM_QUERY_TIMEOUT', `no answer within ${ANSWER_MS_MAX / 1000} s`);
  }
}

interface Question {
  readonly part: EvidencePart;
  /** Of the try, from 1. */
  readonly number: number;
  readonly window: Window;
}
