import type { Random } from '#base/random.ts';
import {
  integer,
  numeric,
  type Attributes,
  type Chunk,
  type Outlet,
  type RunningToxic,
  type StreamToxic,
} from '#chaos/proxy/core/toxics/toxic.ts';

/** Timers are no finer than this; shorter delays are paid for together. */
const TIMER_MS_MIN = 1;

/** Cuts chunks into pieces of about `average_size` ± `size_variation` bytes, `delay` µs after each. */
export const slicer: StreamToxic = {
  type: 'slicer',
  layer: 'stream',
  attributes: [integer('average_size'), integer('size_variation'), integer('delay')],
  chunksMax: 1,
  onRemove: 'flush',
  start,
};

export interface SliceSizes {
  readonly averageBytes: number;
  readonly variationBytes: number;
}

/** Ends of the pieces of `length` bytes: halved near the middle until small enough. */
export function sliceEnds(length: number, sizes: SliceSizes, random: Random): number[] {
  const ends: number[] = [];
  // The right half waits while the left one is cut further. A piece of one byte is never cut.
  const open: { from: number; to: number }[] = [{ from: 0, to: length }];
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    const { from, to } = piece;
    if (to - from <= 1 || to - from - sizes.averageBytes <= sizes.variationBytes) {
      ends.push(to);
      continue;
    }
    const middle = cutNear(from + Math.floor((to - from) / 2), sizes.variationBytes, random);
    const cut = Math.min(Math.max(middle, from + 1), to - 1);
    open.push({ from: cut, to }, { from, to: cut });
  }
  return ends;
}

function cutNear(middle: number, variationBytes: number, random: Random): number {
  if (variationBytes <= 0) return middle;
  return middle + Math.floor(random.float() * variationBytes * 2) - variationBytes;
}

function start(attributes: Attributes, outlet: Outlet): RunningToxic {
  const sizes = {
    averageBytes: numeric(attributes, 'average_size'),
    variationBytes: numeric(attributes, 'size_variation'),
  };
  const delayMs = numeric(attributes, 'delay') / 1000;
  let owedMs = 0;
  let held: Chunk | undefined;

  function sendFrom(chunk: Chunk, ends: readonly number[], first: number, from: number): void {
    let begin = from;
    for (let index = first; index < ends.length; index += 1) {
      const end = ends[index] ?? chunk.data.length;
      outlet.emit(chunk.data.subarray(begin, end), chunk.atMs);
      begin = end;
      owedMs += delayMs;
      if (owedMs >= TIMER_MS_MIN) {
        held = { data: chunk.data.subarray(begin), atMs: chunk.atMs };
        return wait(() => sendFrom(chunk, ends, index + 1, begin));
      }
    }
    held = undefined;
  }

  function wait(then: () => void): void {
    const startedMs = outlet.clock.monotonicMs();
    outlet.hold(owedMs, () => {
      owedMs -= outlet.clock.monotonicMs() - startedMs;
      then();
    });
  }

  return {
    chunk: (chunk) => sendFrom(chunk, sliceEnds(chunk.data.length, sizes, outlet.random), 0, 0),
    end: () => outlet.passEnd(),
    interrupt() {
      if (held !== undefined && held.data.length > 0) outlet.emit(held.data, held.atMs);
      held = undefined;
    },
  };
}
