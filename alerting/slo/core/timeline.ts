/**
 * The engine's own time. It follows the wall clock but never goes back: when
 * the wall clock is set back, the engine keeps counting from where it was, so
 * that no window ends in what has been the future. A step forward is taken as
 * time that passed unobserved (a suspended machine looks the same).
 */
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';

/** A smaller step back is the clock being trimmed; the engine then stands still. */
const STEP_BACK_MS = 60_000;
/** Ticks come every second; after a longer pause nobody was listening. */
const TICK_GAP_MS_MAX = 10_000;

export class Timeline {
  #offsetMs = 0;
  #lastMs = 0;
  #watchedSinceMs = 0;
  #ticked = false;

  /** Since when the engine has listened without a break. */
  get watchedSinceMs(): number {
    return this.#watchedSinceMs;
  }

  /** Moves to a reading of the wall clock and returns engine time. */
  tick(wallMs: number, caughtUp: boolean): number {
    const gapMs = wallMs + this.#offsetMs - this.#lastMs;
    if (this.#lastMs > 0 && gapMs < -STEP_BACK_MS) this.#offsetMs -= gapMs;
    const broken = !this.#ticked || gapMs > TICK_GAP_MS_MAX || !caughtUp;
    this.#lastMs = this.at(wallMs);
    if (broken) this.#watchedSinceMs = this.#lastMs;
    this.#ticked = true;
    return this.#lastMs;
  }

  /** Engine time of a wall clock reading of now. */
  at(wallMs: number): number {
    return Math.max(this.#lastMs, wallMs + this.#offsetMs);
  }

  /**
   * Engine time of a moment of receipt.
   *
   * @param live whether the engine is caught up: what comes now was received just now
   */
  ofReceipt(wallMs: number, live: boolean): number {
    const timeMs = wallMs + this.#offsetMs;
    // The wall clock was set back and no tick has noticed yet.
    return live && timeMs < this.#lastMs - STEP_BACK_MS ? this.#lastMs : timeMs;
  }

  /** Engine time of a moment in the past, as the clock shows it now. */
  toEngine(wallMs: number): number {
    return wallMs + this.#offsetMs;
  }

  toWall(engineMs: number): number {
    return engineMs - this.#offsetMs;
  }

  write(out: ByteWriter): void {
    out.double(this.#offsetMs);
    out.double(this.#lastMs);
  }

  read(input: ByteReader): void {
    this.#offsetMs = input.double();
    this.#lastMs = input.double();
    this.#ticked = false;
  }
}
