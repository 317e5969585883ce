/**
 * The loop every consumer runs: read, leave out what was seen, hand on. The
 * handler decides when its data and the cursor are durable, in one atomic step,
 * and then calls `reportCursor`.
 */
import { sleep, type Clock } from '#base/clock.ts';
import { isCoded } from '#base/errors.ts';
import { advance } from '#journal/core/cursor.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  JournalRecord,
  JournalSource,
  RecordBatch,
} from '#journal/ports.ts';

export interface ConsumerBatch {
  /** New records, duplicates removed; bodies are valid until the handler has resolved. */
  readonly records: readonly JournalRecord[];
  /** After this batch, all of `records` counted as delivered. */
  readonly cursor: Cursor;
  readonly reader: JournalReader;
}

export interface ConsumerOptions {
  readonly source: JournalSource;
  readonly registration: ConsumerRegistration;
  /** Where the consumer's own durable state says it is. */
  readonly cursor: Cursor;
  readonly bytesMax: number;
  /**
   * Also called without records when something was lost or the position moved. It
   * returns the cursor to go on from when it has dropped items (`dropItems`). A
   * rejection ends the loop.
   */
  readonly handle: (batch: ConsumerBatch) => Promise<Cursor | void>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** A read that failed is tried again with back-off; this hears of it. */
  readonly onReadError?: (error: unknown) => void;
}

const WAIT_MS = 1000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5000;

/**
 * Runs until `signal` aborts; resolves then.
 *
 * @throws what the handler throws, and CodedErrors of the source that waiting cannot heal
 */
export async function runConsumer(options: ConsumerOptions): Promise<void> {
  const { source, registration, signal } = options;
  let { cursor } = options;
  await using reader = await source.open({ cursor, consumer: registration });
  while (!signal.aborted) {
    const batch = await nextWithRetry(reader, options);
    if (batch === undefined) continue;
    const advanced = advance(cursor, batch);
    if (batch.records.length === 0 && !isMoved(cursor, advanced.cursor)) continue;
    const handled = await options.handle({ records: advanced.records, cursor: advanced.cursor, reader });
    cursor = handled ?? advanced.cursor;
  }
}

async function nextWithRetry(
  reader: JournalReader,
  options: ConsumerOptions,
): Promise<RecordBatch | undefined> {
  const { signal, bytesMax, clock } = options;
  let retryMs = RETRY_MS_MIN;
  while (!signal.aborted) {
    try {
      return await reader.next({ bytesMax, waitMs: WAIT_MS, signal });
    } catch (error) {
      if (isCoded(error) && !error.canRetry) throw error;
      options.onReadError?.(error);
      await sleep(clock, retryMs, signal).catch(() => {});
      retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
    }
  }
  return undefined;
}

function isMoved(before: Cursor, after: Cursor): boolean {
  const partitions = Object.keys(after.position);
  return (
    after.dropped !== before.dropped ||
    partitions.some((partition) => after.position[partition] !== before.position[partition])
  );
}
