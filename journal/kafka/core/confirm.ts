/** A batch is confirmed when each of its partitions is: kafkajs may resolve before that. */

/** An answer of a broker: where the first message stands. */
export interface PartitionAnswer {
  readonly partition: number;
  readonly offset: number;
}

/**
 * Sends until every partition is answered for. When a partition moves to a broker
 * that has just confirmed another one of the same batch, kafkajs takes that answer
 * for both and resolves with the moved partition never sent; likewise when its
 * metadata are gone for a moment. Those are sent again, alone: the producer has
 * not moved their sequence numbers on, so the brokers know what they have already.
 *
 * @returns the offset of each partition's first message
 * @throws what `send` throws, and Error when it resolves without any answer that was missing
 */
export async function confirmAll<Message extends { readonly partition: number }>(
  messages: readonly Message[],
  send: (messages: readonly Message[]) => Promise<readonly PartitionAnswer[]>,
): Promise<ReadonlyMap<number, number>> {
  const offsets = new Map<number, number>();
  for (let left = messages; left.length > 0;) {
    for (const { partition, offset } of await send(left)) offsets.set(partition, offset);
    const missing = left.filter(({ partition }) => !offsets.has(partition));
    if (missing.length === left.length)
      throw new Error(`no broker answered for partition ${String(missing[0]?.partition)}`);
    left = missing;
  }
  return offsets;
}
