import type { Clock, Timer } from '#base/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that only moves when told. Timers fire in order of their due time,
 * ties in order of their start; each sees the clock at its own due time.
 */
export class SimulatedClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param wallMs wall time at the start, milliseconds since the Unix epoch */
  constructor(wallMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallMs;
  }

  wallMs(): number {
    return Math.floor(this.#monotonicMs + this.#wallOffsetMs);
  }

  wallNanos(): bigint {
    return BigInt(Math.round((this.#monotonicMs + this.#wallOffsetMs) * 1000)) * 1000n;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  startTimer(delayMs: number, fire: () => void): Timer {
    const entry: Pending = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: (this.#order += 1),
      fire,
    };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** The wall clock jumps; monotonic time and timers do not notice. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Due time of the next timer in monotonic milliseconds, if there is one. */
  nextDueMs(): number | undefined {
    return this.#earliest()?.dueMs;
  }

  /** Moves time forward, firing every timer that falls due on the way. */
  advance(byMs: number): void {
    const targetMs = this.#monotonicMs + byMs;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > targetMs) break;
      this.#fireNow(next);
    }
    this.#monotonicMs = targetMs;
  }

  /** Like {@link advance}, letting promises settle after each timer. */
  async advanceAsync(byMs: number): Promise<void> {
    const targetMs = this.#monotonicMs + byMs;
    await settle();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > targetMs) break;
      this.#fireNow(next);
      await settle();
    }
    this.#monotonicMs = targetMs;
    await settle();
  }

  #fireNow(entry: Pending): void {
    this.#pending.delete(entry);
    this.#monotonicMs = Math.max(this.#monotonicMs, entry.dueMs);
    entry.fire();
  }

  #earliest(): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      const earlier =
        best === undefined ||
        entry.dueMs < best.dueMs ||
        (entry.dueMs === best.dueMs && entry.order < best.order);
      if (earlier) best = entry;
    }
    return best;
  }
}

/** Lets every promise that can settle without new time do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
