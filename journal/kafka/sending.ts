/** One batch on its way: who waits for it, how it is repeated, how they are answered. */
import { within, type Clock } from '#base/clock.ts';
import { invariant, present } from '#base/invariant.ts';
import { splitBody, type BodyPart } from '#signals/split.ts';
import type { Appended, RecordDraft } from '#journal/ports.ts';
import type { KafkaSettings } from '#journal/kafka/client.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import type { EncodedBatch, WaitingRecord } from '#journal/kafka/core/batch.ts';
import { brokerAnswer } from '#journal/kafka/kafkajs/connection.ts';
import { openKafkaProducer } from '#journal/kafka/kafkajs/producer.ts';
import type { Session } from '#journal/kafka/session.ts';

/** Who waits for one draft, which may be several records. */
export interface Sender {
  left: number;
  first: Appended | undefined;
  resolve(appended: Appended): void;
  reject(error: Error): void;
}

export interface Waiting extends WaitingRecord {
  readonly sender: Sender;
}

/** The brokers have not taken it and will not take it as it is. */
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);
/** The brokers do not know the producer any more: the same batch from a new one is good. */
export const PRODUCER_LOST = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
]);

export interface SendOptions {
  readonly settings: KafkaSettings;
  readonly config: KafkaJournalConfig;
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** Aborted when nothing is waited for any more. */
  readonly signal: AbortSignal;
  /** Between two tries. */
  readonly pause: () => Promise<void>;
  readonly onTrouble: ((error: unknown) => void) | undefined;
}

/**
 * Repeats the batch until it is confirmed; resolves with the offset of each
 * partition's first record.
 *
 * @throws the last failure once the deadline is over or the brokers refuse it as it is
 */
export async function sendUntil(
  session: Session,
  encoded: EncodedBatch,
  options: SendOptions,
): Promise<ReadonlyMap<number, number>> {
  const { settings, config, clock, deadlineMs, signal } = options;
  const timestampMs = clock.wallMs();
  const messages = encoded.records.map((record) => ({ ...record, timestampMs }));
  for (;;) {
    try {
      const sending = session.producer.send(messages);
      const offsets = await within(clock, Math.max(1, deadlineMs - clock.monotonicMs()), sending);
      if (offsets !== undefined) return offsets;
      sending.catch(() => {});
      throw new Error(`no confirmation within ${config.timeoutMs} ms`);
    } catch (error) {
      options.onTrouble?.(error);
      const said = brokerAnswer(error) ?? '';
      const isOver = signal.aborted || clock.monotonicMs() >= deadlineMs;
      if (isOver || REFUSED.has(said)) throw error;
      await options.pause();
      if (PRODUCER_LOST.has(said)) {
        session.producer.close();
        session.producer = await openKafkaProducer(settings, config.topic, config.compression);
      }
    }
  }
}

/** A draft is answered when its last part is confirmed, with the place of its first. */
export function answer(
  batch: readonly Waiting[],
  encoded: EncodedBatch,
  offsets: ReadonlyMap<number, number>,
): void {
  const next = new Map(offsets);
  for (const [index, { sender }] of batch.entries()) {
    const { id, partition } = present(encoded.records[index], 'every record of the batch was encoded');
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    sender.first ??= { id, partition, offset };
    sender.left -= 1;
    if (sender.left === 0) sender.resolve(sender.first);
  }
}

/** The records a draft becomes; undefined when a single item is too large. */
export function partsOf(
  { kind, body, items }: RecordDraft,
  bytesMax: number,
): readonly BodyPart[] | undefined {
  if (body.length <= bytesMax) return [{ body, items }];
  let parts: readonly BodyPart[] | undefined;
  try {
    parts = splitBody(kind, body, bytesMax);
  } catch {
    // Not what its kind says: it can only be kept whole.
    return undefined;
  }
  if (parts === undefined || parts.some((part) => part.body.length > bytesMax)) return undefined;
  const counted = parts.reduce((sum, part) => sum + part.items, 0);
  invariant(counted === items, 'the parts hold the items of the whole');
  return parts;
}
