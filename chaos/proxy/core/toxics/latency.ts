import {
  integer,
  numeric,
  type Attributes,
  type Chunk,
  type Outlet,
  type RunningToxic,
  type StreamToxic,
} from '#chaos/proxy/core/toxics/toxic.ts';

/** Pipelined chunks in flight; upstream's figure. */
const CHUNKS_MAX = 1024;

/**
 * Delays by `latency` ms, ± `jitter`. The delay counts from the arrival of each
 * chunk, so a stream keeps its rate; order is kept; the end is not delayed.
 */
export const latency: StreamToxic = {
  type: 'latency',
  layer: 'stream',
  attributes: [integer('latency'), integer('jitter')],
  chunksMax: CHUNKS_MAX,
  onRemove: 'flush',
  start,
};

function start(attributes: Attributes, outlet: Outlet): RunningToxic {
  const latencyMs = numeric(attributes, 'latency');
  const jitterMs = numeric(attributes, 'jitter');
  let held: Chunk | undefined;

  /** Whole milliseconds in [latency − jitter, latency + jitter). */
  function delayMs(): number {
    if (jitterMs <= 0) return latencyMs;
    return latencyMs - jitterMs + Math.floor(outlet.random.float() * jitterMs * 2);
  }

  return {
    chunk(chunk) {
      const dueMs = chunk.atMs + delayMs();
      held = chunk;
      outlet.hold(dueMs - outlet.clock.monotonicMs(), () => {
        held = undefined;
        // For a toxic behind this one the chunk arrives now.
        outlet.emit(chunk.data, Math.max(dueMs, chunk.atMs));
      });
    },
    end: () => outlet.passEnd(),
    interrupt() {
      if (held !== undefined) outlet.emit(held.data, held.atMs);
      held = undefined;
    },
  };
}
