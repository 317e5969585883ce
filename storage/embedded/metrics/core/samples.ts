/** Operations on sample columns: growing, cutting to a range, merging. */
import type { SampleColumns } from '#storage/embedded/metrics/core/chunk-codec.ts';

/** Samples of one series in order of arrival; sorted when they are asked for. */
export class GrowingSamples {
  #timesMs = new Float64Array(8);
  #values = new Float64Array(8);
  #stale: Uint8Array | undefined;
  #sorted = true;
  count = 0;
  minMs = Infinity;
  maxMs = -Infinity;

  push(timeMs: number, value: number, stale: boolean): void {
    if (this.count === this.#timesMs.length) this.#grow();
    if (stale) this.#stale ??= new Uint8Array(this.#timesMs.length);
    this.#timesMs[this.count] = timeMs;
    this.#values[this.count] = value;
    if (this.#stale !== undefined) this.#stale[this.count] = stale ? 1 : 0;
    this.count += 1;
    if (timeMs <= this.maxMs) this.#sorted = false;
    this.minMs = Math.min(this.minMs, timeMs);
    this.maxMs = Math.max(this.maxMs, timeMs);
  }

  /** Sorted by time; of two samples at one time the later to arrive stays. */
  columns(): SampleColumns {
    const { count } = this;
    const columns = {
      timesMs: this.#timesMs.subarray(0, count),
      values: this.#values.subarray(0, count),
      stale: this.#stale?.subarray(0, count),
    };
    return this.#sorted ? columns : sortColumns(columns);
  }

  #grow(): void {
    const length = this.#timesMs.length * 2;
    this.#timesMs = resized(this.#timesMs, new Float64Array(length));
    this.#values = resized(this.#values, new Float64Array(length));
    if (this.#stale !== undefined) this.#stale = resized(this.#stale, new Uint8Array(length));
  }
}

function resized<Column extends Float64Array | Uint8Array>(source: Column, target: Column): Column {
  target.set(source);
  return target;
}

function sortColumns(columns: SampleColumns): SampleColumns {
  const { timesMs, values, stale } = columns;
  const order = Array.from(timesMs.keys()).toSorted((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0) || a - b);
  const last = order.filter((at, index) => timesMs[at] !== timesMs[order[index + 1] ?? -1]);
  return {
    timesMs: Float64Array.from(last, (at) => timesMs[at] ?? 0),
    values: Float64Array.from(last, (at) => values[at] ?? 0),
    stale: stale === undefined ? undefined : Uint8Array.from(last, (at) => stale[at] ?? 0),
  };
}

/** The samples with `startMs ≤ time ≤ endMs`, as views. */
export function cutColumns(columns: SampleColumns, startMs: number, endMs: number): SampleColumns {
  const from = lowerBound(columns.timesMs, startMs);
  const to = lowerBound(columns.timesMs, endMs + 1);
  return {
    timesMs: columns.timesMs.subarray(from, to),
    values: columns.values.subarray(from, to),
    stale: columns.stale?.subarray(from, to),
  };
}

/** Index of the first time that is ≥ `timeMs`; times are whole milliseconds. */
function lowerBound(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? Infinity) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted union; where times are equal the part that stands later in `parts` wins. */
export function mergeColumns(parts: readonly SampleColumns[]): SampleColumns {
  const filled = parts.filter((part) => part.timesMs.length > 0);
  const [first] = filled;
  if (first !== undefined && filled.length === 1) return first;
  const count = filled.reduce((sum, part) => sum + part.timesMs.length, 0);
  const timesMs = new Float64Array(count);
  const values = new Float64Array(count);
  const stale = filled.some((part) => part.stale !== undefined) ? new Uint8Array(count) : undefined;
  let at = 0;
  let rising = true;
  for (const part of filled) {
    rising &&= at === 0 || (part.timesMs[0] ?? 0) > (timesMs[at - 1] ?? 0);
    timesMs.set(part.timesMs, at);
    values.set(part.values, at);
    if (part.stale !== undefined) stale?.set(part.stale, at);
    at += part.timesMs.length;
  }
  const merged = { timesMs, values, stale };
  return rising ? merged : sortColumns(merged);
}
