/** What one query may cost, and the points at which it notices that it must stop. */
import type { Clock } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';

/** Samples one query may read: as Prometheus has it; 16 bytes each. */
export const SAMPLES_MAX = 50_000_000;
/** Points all operators of one query may produce together; most are garbage soon after. */
export const POINTS_MAX = 100_000_000;
/** Series one selector may match: labels of more would fill the heap. */
export const SERIES_MAX = 200_000;
/** Samples or points between two looks at the clock: about a millisecond of work. */
const WORK_PER_CHECK = 100_000;
/** Longest stretch without letting the thread do something else. */
const YIELD_AFTER_MS = 15;

export interface BudgetOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Lets other work of this thread run; without it the query runs through. */
  readonly yieldTurn?: (() => Promise<void>) | undefined;
  /** Defaults: the constants of this file. */
  readonly samplesMax?: number | undefined;
  readonly seriesMax?: number | undefined;
}

export class Budget {
  readonly signal: AbortSignal | undefined;
  readonly #options: BudgetOptions;
  readonly #deadlineMs: number;
  #yieldedMs: number;
  #samples = 0;
  #points = 0;
  #work = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.#yieldedMs = options.clock.monotonicMs();
    this.#deadlineMs = this.#yieldedMs + options.timeoutMs;
  }

  /** Samples read so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Counts what a selector brought in. @throws CodedError `PLIM_QUERY_LIMIT` */
  countSelected(series: number, samples: number): void {
    const seriesMax = this.#options.seriesMax ?? SERIES_MAX;
    const samplesMax = this.#options.samplesMax ?? SAMPLES_MAX;
    if (series > seriesMax) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `a selector of the query matches ${series} series, more than the limit of ${seriesMax}; select fewer`,
      );
    }
    this.#samples += samples;
    if (this.#samples > samplesMax) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `query processing would load too many samples into memory in query execution: more than ${samplesMax}`,
      );
    }
    this.#work += samples;
  }

  /** Counts points an operator is about to produce. @throws CodedError `PLIM_QUERY_LIMIT` */
  countPoints(points: number): void {
    this.#points += points;
    if (this.#points > POINTS_MAX) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `the query computes more than ${POINTS_MAX} points; ask for fewer series or steps`,
      );
    }
  }

  /** Adds work done; true when {@link pause} is due. */
  spend(work: number): boolean {
    this.#work += work;
    return this.#work >= WORK_PER_CHECK;
  }

  /**
   * Looks at the deadline and the signal, and gives the thread away when it was
   * held for long.
   *
   * @throws CodedError `PLIM_QUERY_TIMEOUT`; the signal's reason when aborted
   */
  async pause(): Promise<void> {
    this.#work = 0;
    this.check();
    const { clock, yieldTurn } = this.#options;
    if (yieldTurn === undefined || clock.monotonicMs() - this.#yieldedMs < YIELD_AFTER_MS) return;
    await yieldTurn();
    this.#yieldedMs = clock.monotonicMs();
    this.check();
  }

  check(): void {
    if (this.signal?.aborted === true) throw new QueryAborted(this.signal.reason);
    if (this.#options.clock.monotonicMs() > this.#deadlineMs) {
      throw new CodedError(
        'PLIM_QUERY_TIMEOUT',
        `query timed out in expression evaluation after ${this.#options.timeoutMs} ms`,
      );
    }
  }
}

/** The caller gave up on the query. */
export class QueryAborted extends Error {
  override readonly name = 'QueryAborted';

  constructor(reason: unknown) {
    super('query was canceled in expression evaluation', { cause: reason });
  }
}
