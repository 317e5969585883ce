/**
 * How long the pauses between arrivals were in the last hour: a histogram with
 * four steps an octave, in six slices of ten minutes, so that old pauses leave.
 */
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';

const SLICE_MS = 10 * 60_000;
const SLICES = 6;
/** 100 ms … 100 ms × 2^16, more than an hour; beyond that is the last step. */
const STEPS = 64;
const STEP_MIN_MS = 100;
const STEPS_PER_OCTAVE = 4;

/** Of the last hour before the newest arrival. */
export interface GapSummary {
  readonly count: number;
  /** Upper end of the step that holds the 95th percentile. */
  readonly p95Ms: number;
  readonly meanMs: number;
  readonly longestMs: number;
  /** What arrived after these pauses. */
  readonly items: number;
}

export class GapHistogram {
  readonly #counts = new Uint32Array(SLICES * STEPS);
  readonly #sums = new Float64Array(SLICES);
  readonly #items = new Float64Array(SLICES);
  /** Which ten minutes a slice is about; 0 for none. */
  readonly #epochs = new Float64Array(SLICES);
  #newest = 0;

  /** A pause that ended at `atMs` with the arrival of some items. */
  add(atMs: number, gapMs: number, items: number): void {
    const epoch = Math.floor(atMs / SLICE_MS);
    this.#newest = Math.max(this.#newest, epoch);
    if (epoch <= this.#newest - SLICES) return;
    const slice = epoch % SLICES;
    if (this.#epochs[slice] !== epoch) this.#clear(slice, epoch);
    const at = slice * STEPS + stepOf(gapMs);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sums[slice] = (this.#sums[slice] ?? 0) + gapMs;
    this.#items[slice] = (this.#items[slice] ?? 0) + items;
  }

  summary(): GapSummary {
    const steps = new Float64Array(STEPS);
    let [count, sumMs, items] = [0, 0, 0];
    for (let slice = 0; slice < SLICES; slice += 1) {
      if ((this.#epochs[slice] ?? 0) <= this.#newest - SLICES) continue;
      sumMs += this.#sums[slice] ?? 0;
      items += this.#items[slice] ?? 0;
      for (let step = 0; step < STEPS; step += 1) {
        const found = this.#counts[slice * STEPS + step] ?? 0;
        steps[step] = (steps[step] ?? 0) + found;
        count += found;
      }
    }
    const longestMs = count === 0 ? 0 : upperEndMs(steps.findLastIndex((found) => found > 0));
    return {
      count,
      p95Ms: percentile95(steps, count),
      meanMs: count === 0 ? 0 : sumMs / count,
      longestMs,
      items,
    };
  }

  write(out: ByteWriter): void {
    out.uint(this.#newest);
    for (let slice = 0; slice < SLICES; slice += 1) {
      out.uint(this.#epochs[slice] ?? 0);
      out.double(this.#sums[slice] ?? 0);
      out.double(this.#items[slice] ?? 0);
      const filled = Array.from({ length: STEPS }, (_, step) => step).filter(
        (step) => (this.#counts[slice * STEPS + step] ?? 0) > 0,
      );
      out.uint(filled.length);
      for (const step of filled) {
        out.uint(step);
        out.uint(this.#counts[slice * STEPS + step] ?? 0);
      }
    }
  }

  read(input: ByteReader): void {
    this.#newest = input.uint();
    for (let slice = 0; slice < SLICES; slice += 1) {
      this.#clear(slice, input.uint());
      this.#sums[slice] = input.double();
      this.#items[slice] = input.double();
      for (let left = input.uint(); left > 0; left -= 1) {
        const step = input.uint();
        const count = input.uint();
        if (step < STEPS) this.#counts[slice * STEPS + step] = count;
      }
    }
  }

  #clear(slice: number, epoch: number): void {
    this.#counts.fill(0, slice * STEPS, (slice + 1) * STEPS);
    this.#sums[slice] = 0;
    this.#items[slice] = 0;
    this.#epochs[slice] = epoch;
  }
}

/** The step whose upper end is the first at or above the gap. */
function stepOf(gapMs: number): number {
  if (gapMs <= STEP_MIN_MS) return 0;
  return Math.min(STEPS - 1, Math.ceil(Math.log2(gapMs / STEP_MIN_MS) * STEPS_PER_OCTAVE - 1e-9));
}

function percentile95(steps: Float64Array, count: number): number {
  if (count === 0) return 0;
  let below = 0;
  let step = 0;
  while (step < STEPS - 1 && below + (steps[step] ?? 0) < 0.95 * count) {
    below += steps[step] ?? 0;
    step += 1;
  }
  return upperEndMs(step);
}

function upperEndMs(step: number): number {
  return STEP_MIN_MS * 2 ** (step / STEPS_PER_OCTAVE);
}
