/**
 * How far consumers have read, as the door sees it: a cell a consumer in shared
 * memory. Not how far they are durable, that is `reportCursor`; only how much
 * work they have before them.
 */
import type { JournalReader, JournalSource } from '#journal/ports.ts';
import { offsetOf } from '#journal/disk/consumers.ts';

/** One cell for each of `consumers`, in their order. */
export function createReadCells(consumers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT * consumers);
}

export function publishRead(cells: SharedArrayBuffer, consumer: number, offset: number): void {
  Atomics.store(new BigInt64Array(cells), consumer, BigInt(offset));
}

/** Offset of the consumer with the most before it; 0 while one has not begun. */
export function slowestRead(cells: SharedArrayBuffer): {
  readonly consumer: number;
  readonly offset: number;
} {
  const view = new BigInt64Array(cells);
  let slowest = 0;
  for (let consumer = 1; consumer < view.length; consumer += 1) {
    if (Atomics.load(view, consumer) < Atomics.load(view, slowest)) slowest = consumer;
  }
  return { consumer: slowest, offset: Number(Atomics.load(view, slowest)) };
}

/** The cell of one consumer, as it travels to its thread. */
export interface ReadCell {
  readonly cells: SharedArrayBuffer;
  readonly consumer: number;
}

/** {@link watchReads} into a cell; without a cell the source as it is. */
export function watchCell(source: JournalSource, cell: ReadCell | undefined): JournalSource {
  if (cell === undefined) return source;
  return watchReads(source, (offset) => publishRead(cell.cells, cell.consumer, offset));
}

/** The same source; whenever more is asked for, what came before has been handled, and `publish` hears it. */
export function watchReads(source: JournalSource, publish: (offset: number) => void): JournalSource {
  return {
    capabilities: source.capabilities,
    reportCursor: (consumer, cursor) => source.reportCursor(consumer, cursor),
    async open(options) {
      const reader = await source.open(options);
      let offset = offsetOf(options.cursor);
      publish(offset);
      const watched: JournalReader = {
        async next(request) {
          publish(offset);
          const batch = await reader.next(request);
          offset = Math.max(offset, ...Object.values(batch.position));
          if (batch.records.length === 0) publish(offset);
          return batch;
        },
        lag: () => reader.lag(),
        async [Symbol.asyncDispose]() {
          await reader[Symbol.asyncDispose]();
        },
      };
      return watched;
    },
  };
}
