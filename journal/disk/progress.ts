/** A consumer's offset in shared memory: the writer's thread sees it without a file or a message. */
import { offsetOf, type ConsumerProgress } from '#journal/disk/consumers.ts';
import type { ConsumerRegistration, Cursor } from '#journal/ports.ts';

export function createProgressCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

/** For `onReport` of the consumer's source. */
export function publishProgress(cell: SharedArrayBuffer, cursor: Cursor): void {
  Atomics.store(new BigInt64Array(cell), 0, BigInt(offsetOf(cursor)));
}

/** For `attach` of the writer. */
export function sharedProgress(consumer: ConsumerRegistration, cell: SharedArrayBuffer): ConsumerProgress {
  const view = new BigInt64Array(cell);
  return { consumer, offset: () => Number(Atomics.load(view, 0)) };
}
