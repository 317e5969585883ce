import {
  integer,
  numeric,
  type Attributes,
  type Chunk,
  type Outlet,
  type RunningToxic,
  type StreamToxic,
} from '#chaos/proxy/core/toxics/toxic.ts';

/** A chunk that takes longer than this leaves in portions. */
const PORTION_MS = 100;

/** At most `rate` KB a second (1 KB = 1,000 bytes); 0 stalls. */
export const bandwidth: StreamToxic = {
  type: 'bandwidth',
  layer: 'stream',
  attributes: [integer('rate')],
  chunksMax: 1,
  onRemove: 'flush',
  start,
};

function start(attributes: Attributes, outlet: Outlet): RunningToxic {
  /** KB a second are bytes a millisecond. */
  const bytesPerMs = numeric(attributes, 'rate');
  const portionBytes = bytesPerMs * PORTION_MS;
  /** Time the bytes so far still have to take; errors of timers carry over. */
  let owedMs = 0;
  let held: Chunk | undefined;

  function sendPortion(chunk: Chunk): void {
    held = chunk;
    if (chunk.data.length <= portionBytes) return sendRest(chunk);
    outlet.hold(PORTION_MS, () => {
      owedMs -= PORTION_MS;
      outlet.emit(chunk.data.subarray(0, portionBytes), chunk.atMs);
      sendPortion({ data: chunk.data.subarray(portionBytes), atMs: chunk.atMs });
    });
  }

  function sendRest(chunk: Chunk): void {
    const startedMs = outlet.clock.monotonicMs();
    outlet.hold(owedMs, () => {
      owedMs -= outlet.clock.monotonicMs() - startedMs;
      held = undefined;
      outlet.emit(chunk.data, chunk.atMs);
    });
  }

  return {
    chunk(chunk) {
      if (bytesPerMs <= 0) {
        held = chunk;
        outlet.hold(Number.POSITIVE_INFINITY, () => {});
        return;
      }
      owedMs += chunk.data.length / bytesPerMs;
      sendPortion(chunk);
    },
    end: () => outlet.passEnd(),
    interrupt() {
      if (held !== undefined) outlet.emit(held.data, held.atMs);
      held = undefined;
    },
  };
}
