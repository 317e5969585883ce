/**
 * A writer's connection from its start to its first trouble. It begins by
 * looking for the last own record in each partition, because what the run or
 * the connection before sent and nobody confirmed may stand there or not.
 */
import { crc32 } from 'node:zlib';
import { sleep, type Clock } from '#base/clock.ts';
import { present } from '#base/invariant.ts';
import type { Totals } from '#signals/records.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { decodeHeaders } from '#journal/kafka/core/record.ts';
import type { KafkaProducer, KafkaSettings } from '#journal/kafka/client.ts';
import { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { openKafkaProducer } from '#journal/kafka/kafkajs/producer.ts';
import { NEW_TAIL, type PartitionTail } from '#journal/kafka/node-file.ts';
import { openTopic, type TopicFacts } from '#journal/kafka/topic.ts';

export interface Session {
  readonly facts: TopicFacts;
  readonly tails: ReadonlyMap<number, PartitionTail>;
  producer: KafkaProducer;
}

export interface SessionOptions {
  readonly settings: KafkaSettings;
  readonly config: KafkaJournalConfig;
  readonly clock: Clock;
  readonly node: string;
  readonly tails: ReadonlyMap<number, PartitionTail>;
  /** Aborted when the journal closes: nothing is waited for then. */
  readonly signal: AbortSignal;
}

const SCAN_BYTES = 4 * 2 ** 20;
/** Everything up to the end is there already; the broker need not wait for more. */
const SCAN_WAIT_MS = 100;
const SHOWN_POLL_MS = 100;

/** @throws what kafkajs throws */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { settings, config, signal } = options;
  const link = new KafkaLink(settings, config.topic);
  const close = (): void => link.close();
  signal.addEventListener('abort', close);
  try {
    const facts = await openTopic(settings, link, config);
    // The producer is opened first: what an earlier one left under way has had the longer to arrive.
    const producer = await openKafkaProducer(settings, config.topic, config.compression);
    try {
      return { facts, producer, tails: await findTails(link, facts, options) };
    } catch (error) {
      producer.close();
      throw error;
    }
  } finally {
    signal.removeEventListener('abort', close);
    link.close();
  }
}

async function findTails(
  link: KafkaLink,
  facts: TopicFacts,
  options: SessionOptions,
): Promise<ReadonlyMap<number, PartitionTail>> {
  const partitions = facts.partitions.map(({ partition }) => partition);
  const ends = await logEnds(link, facts);
  await untilShown(link, ends, options);
  const [first, next] = [await link.offsets('first', partitions), await link.offsets('next', partitions)];
  const tails = new Map<number, PartitionTail>();
  for (const { partition, leader } of facts.partitions) {
    const known = options.tails.get(partition) ?? NEW_TAIL;
    const end = present(next.get(partition), 'every partition has an end');
    const begin = present(first.get(partition), 'and a beginning');
    // A position beyond the end is one of another topic of that name.
    const from = known.offset > end ? begin : Math.max(known.offset, begin);
    const accepted = await lastTotals(link, options.node, { leader, partition, from, end });
    tails.set(partition, { offset: end, accepted: accepted ?? known.accepted });
  }
  return tails;
}

async function logEnds(link: KafkaLink, facts: TopicFacts): Promise<ReadonlyMap<number, number>> {
  const ends: (readonly [number, number])[] = [];
  for (const [leader, led] of Map.groupBy(facts.partitions, (one) => one.leader)) {
    const found = await link.ends(
      leader,
      led.map(({ partition }) => partition),
    );
    ends.push(...found);
  }
  return new Map(ends);
}

/**
 * What a leader has and not all replicas in sync have yet is shown to nobody. It may
 * be a batch that was given up; unseen now, it would be missing in the totals later.
 *
 * @throws Error when it does not come to be shown in time
 */
async function untilShown(
  link: KafkaLink,
  ends: ReadonlyMap<number, number>,
  { config, clock, signal }: SessionOptions,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + config.timeoutMs;
  for (;;) {
    const shown = await link.offsets('next', [...ends.keys()]);
    const hidden = [...ends].find(([partition, end]) => (shown.get(partition) ?? 0) < end);
    if (hidden === undefined) return;
    if (clock.monotonicMs() >= deadlineMs)
      throw new Error(`replicas in sync do not follow the end of partition ${hidden[0]}`);
    await sleep(clock, SHOWN_POLL_MS, signal);
  }
}

interface Stretch {
  readonly leader: string;
  readonly partition: number;
  readonly from: number;
  readonly end: number;
}

/** What the last record of `node` in the stretch says; undefined when there is none. */
async function lastTotals(link: KafkaLink, node: string, stretch: Stretch): Promise<Totals | undefined> {
  const { leader, partition, end } = stretch;
  let accepted: Totals | undefined;
  for (let from = stretch.from; from < end;) {
    const [answer] = await link.fetch({
      leader,
      from: new Map([[partition, from]]),
      maxWaitMs: SCAN_WAIT_MS,
      bytesMax: SCAN_BYTES,
    });
    const messages = answer?.messages ?? [];
    for (const { headers, value } of messages) {
      const facts = decodeHeaders(headers, value, crc32);
      if (typeof facts !== 'string' && facts.id.node === node) accepted = facts.accepted;
    }
    const last = messages.at(-1);
    // Nothing before the end is left when the broker has nothing more to show.
    if (last === undefined) break;
    from = last.offset + 1;
  }
  return accepted;
}
