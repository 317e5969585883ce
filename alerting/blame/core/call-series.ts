/** Calls of one kind by the second, for the last quarter of an hour: how many, how many failed, how long they took. */

const SECOND_MS = 1000;
/** What is asked for reaches back this far: the begin of a burn, and how it was before. */
export const CALL_SERIES_SECONDS = 900;

export interface Calls {
  readonly count: number;
  readonly failed: number;
  /** Of all of them together. */
  readonly durationMs: number;
}

export const NO_CALLS: Calls = { count: 0, failed: 0, durationMs: 0 };

export class CallSeries {
  readonly #counts = new Uint32Array(CALL_SERIES_SECONDS);
  readonly #failed = new Uint32Array(CALL_SERIES_SECONDS);
  readonly #durationsMs = new Float32Array(CALL_SERIES_SECONDS);
  /** Newest second; -1 before the first call. */
  #head = -1;

  /** End of the newest second with a call; 0 before the first. */
  get lastMs(): number {
    return (this.#head + 1) * SECOND_MS;
  }

  /** What is older than the series reaches is left out. */
  add(timeMs: number, failed: boolean, durationMs: number): void {
    const second = Math.floor(timeMs / SECOND_MS);
    if (second > this.#head) this.#advance(second);
    if (second <= this.#head - CALL_SERIES_SECONDS) return;
    const slot = second % CALL_SERIES_SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    if (failed) this.#failed[slot] = (this.#failed[slot] ?? 0) + 1;
    this.#durationsMs[slot] = (this.#durationsMs[slot] ?? 0) + durationMs;
  }

  /** Calls in the seconds that begin at or after `sinceMs` and before `untilMs`. */
  sum(sinceMs: number, untilMs: number): Calls {
    const first = Math.max(Math.ceil(sinceMs / SECOND_MS), this.#head - CALL_SERIES_SECONDS + 1, 0);
    const end = Math.min(Math.ceil(untilMs / SECOND_MS), this.#head + 1);
    let [count, failed, durationMs] = [0, 0, 0];
    for (let second = first; second < end; second += 1) {
      const slot = second % CALL_SERIES_SECONDS;
      count += this.#counts[slot] ?? 0;
      failed += this.#failed[slot] ?? 0;
      durationMs += this.#durationsMs[slot] ?? 0;
    }
    return { count, failed, durationMs };
  }

  #advance(second: number): void {
    const from = Math.max(this.#head + 1, second - CALL_SERIES_SECONDS + 1);
    for (let next = from; next <= second; next += 1) {
      const slot = next % CALL_SERIES_SECONDS;
      this.#counts[slot] = 0;
      this.#failed[slot] = 0;
      this.#durationsMs[slot] = 0;
    }
    this.#head = second;
  }
}

export function addCalls(left: Calls, right: Calls): Calls {
  return {
    count: left.count + right.count,
    failed: left.failed + right.failed,
    durationMs: left.durationMs + right.durationMs,
  };
}
