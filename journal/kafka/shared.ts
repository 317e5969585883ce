/**
 * Several processes that share a consumer's work. They form the group
 * `plimsoll.TOPIC.NAME`, which gives each some of the partitions, and each partition's
 * cursor is kept with its offset in the group, written in one step.
 *
 *   joining ──partitions given──▶ reading ──others come or go──▶ joining
 *
 * One batch is out at a time. A member that is told to join again does so only
 * when its batch was committed or given up, which it may take
 * {@link REBALANCE_MS_MAX} for: so a change of members repeats nothing. A member
 * that took longer, or was thought dead, has its commit refused, `commit` says
 * false, and whoever has the partition now does that batch again. So nothing is
 * lost, and nothing repeated in the cursors.
 *
 * An effect outside can be repeated, when a member dies between it and the commit.
 * So that whoever comes next knows: before an effect the member announces, with
 * its own generation, how far its records go, and that stands in the same commit
 * metadata as the cursor. Nobody has an effect whose announcement was refused.
 * Where nothing is known of announcements (no commit there, or one of a consumer
 * that kept its cursor itself) all that was written before this assignment counts
 * as announced.
 */
import { sleep, within, type Clock } from '#base/clock.ts';
import { isCoded } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  SharedBatch,
  SharedReader,
} from '#journal/ports.ts';
import { decodePart, encodePart, joinParts } from '#journal/kafka/core/commit-metadata.ts';
import { groupOf } from '#journal/kafka/held.ts';
import { brokerAnswer } from '#journal/kafka/kafkajs/connection.ts';
import { joinGroup, type GroupMembership } from '#journal/kafka/kafkajs/group.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { TopicReader } from '#journal/kafka/reader.ts';
import * as refusals from '#journal/kafka/refusals.ts';

export interface SharedOptions {
  readonly consumer: ConsumerRegistration;
  /** The partitions this member has from now on, none of them while it joins. */
  readonly onAssigned?: (partitions: readonly number[]) => void;
  /** How long the others wait for this member's last batch, milliseconds; {@link REBALANCE_MS_MAX} by default. */
  readonly rebalanceMs?: number;
}

export interface MemberOptions extends SharedOptions {
  readonly makeLink: () => KafkaLink;
  readonly clock: Clock;
  readonly onDamage?: (count: number) => void;
}

/** A member that is silent for longer is out of the group. */
export const SESSION_MS_MAX = 10_000;
/** How long the others wait for a member's last batch. */
export const REBALANCE_MS_MAX = 30_000;
const HEARTBEAT_MS = 1000;
const LEAVE_MS_MAX = 2000;

interface Lane {
  readonly partition: number;
  readonly reader: TopicReader;
  /** As committed. */
  cursor: Cursor;
  /** Before this offset records may have had an effect already. */
  announced: number;
}

/** What one generation of the group gave this member. */
interface Assignment extends GroupMembership {
  readonly lanes: Map<number, Lane>;
  /** The generation ends: {@link SharedBatch.leaving}. */
  readonly leaving: AbortController;
  /** It has ended without this member: {@link SharedBatch.lost}. */
  readonly lost: AbortController;
}

export class SharedMember implements SharedReader {
  readonly #options: MemberOptions;
  readonly #group: string;
  readonly #link: KafkaLink;
  readonly #closing = new AbortController();
  readonly #beating: Promise<void>;
  /** Given by the group at the first join, kept over the following. */
  #member = '';
  #assignment: Assignment | undefined;
  #mustJoin = true;
  /** Ends when all others have joined too; whoever stops does not wait for that. */
  #joining: Promise<void> = Promise.resolve();
  /** When the group last heard this member, by its own clock. */
  #heardMs = 0;
  #out: { readonly partition: number; isCommitted: boolean } | undefined;
  #turn = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#link = options.makeLink();
    this.#group = groupOf(this.#link.topic, options.consumer);
    this.#beating = this.#beat();
  }

  async next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<SharedBatch | undefined> {
    await this.#reopenIfGivenUp();
    try {
      if (this.#mustJoin || this.#assignment === undefined) {
        this.#joining = this.#join();
        await unlessAborted(this.#joining, options.signal);
        if (options.signal?.aborted === true) return undefined;
      }
      return await this.#nextOfAny(options);
    } catch (error) {
      throw isCoded(error, 'PLIM_STORE_UNAVAILABLE') ? error : refusals.unreadable(this.#link.topic, error);
    }
  }

  async lag(): ReturnType<JournalReader['lag']> {
    const lags = await Promise.all(this.#lanes().map(({ reader }) => reader.lag()));
    const oldest = lags.flatMap(({ oldestUnixNanos }) => oldestUnixNanos ?? []);
    return {
      bytes: lags.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestUnixNanos: oldest.toSorted((a, b) => (a < b ? -1 : 1))[0],
    };
  }

  share(): ReturnType<SharedReader['share']> {
    const lanes = this.#lanes();
    return {
      partitions: lanes.map(({ partition }) => partition),
      cursor: joinParts(lanes.map(({ cursor }) => cursor)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#beating;
    await this.#leaveLanes();
    const leaving = this.#link
      .coordinator(this.#group, (broker) =>
        broker.leaveGroup({ groupId: this.#group, memberId: this.#member }),
      )
      .catch(() => {
        // The group finds out by itself when the member is silent.
      });
    if (this.#member !== '') await within(this.#options.clock, LEAVE_MS_MAX, leaving);
    this.#link.close();
    await this.#joining.catch(() => {
      // Nobody waits for it any more.
    });
    await this.#leaveLanes();
  }

  async #join(): Promise<void> {
    await this.#leaveLanes();
    this.#options.onAssigned?.([]);
    try {
      const membership = await joinGroup(this.#link, {
        group: this.#group,
        member: this.#member,
        sessionMs: SESSION_MS_MAX,
        rebalanceMs: this.#options.rebalanceMs ?? REBALANCE_MS_MAX,
      });
      this.#member = membership.member;
      this.#mustJoin = false;
      this.#heardMs = this.#options.clock.monotonicMs();
      this.#assignment = {
        ...membership,
        lanes: await this.#openLanes(membership.partitions),
        leaving: new AbortController(),
        lost: new AbortController(),
      };
      this.#options.onAssigned?.(membership.partitions);
    } catch (error) {
      this.#mustJoin = true;
      if (brokerAnswer(error) === 'UNKNOWN_MEMBER_ID') this.#member = '';
      throw error;
    }
  }

  async #openLanes(partitions: readonly number[]): Promise<Map<number, Lane>> {
    const committed = await this.#link.committed(this.#group, partitions);
    const ends = await this.#link.offsets('next', partitions);
    const lanes = new Map<number, Lane>();
    for (const partition of partitions) {
      const kept = committed.get(partition);
      const begin =
        kept === undefined ? NEW_CURSOR : { ...NEW_CURSOR, position: { [partition]: kept.offset } };
      const part = kept === undefined ? undefined : decodePart(kept.metadata, partition, kept.offset);
      const announced = part?.announced ?? ends.get(partition) ?? 0;
      lanes.set(partition, this.#openLane(partition, part?.cursor ?? begin, announced));
    }
    return lanes;
  }

  #openLane(partition: number, cursor: Cursor, announced: number): Lane {
    const { makeLink, clock, onDamage } = this.#options;
    const damage = onDamage === undefined ? {} : { onDamage };
    const reader = new TopicReader({ link: makeLink(), clock, cursor, partitions: [partition], ...damage });
    return { partition, cursor, announced, reader };
  }

  #lanes(): readonly Lane[] {
    return [...(this.#assignment?.lanes.values() ?? [])];
  }

  async #nextOfAny(options: Parameters<SharedReader['next']>[0]): Promise<SharedBatch | undefined> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + options.waitMs;
    const lanes = this.#lanes();
    for (;;) {
      const batch = await this.#nextOf(lanes, options.bytesMax);
      if (batch !== undefined) return batch;
      const restMs = deadlineMs - clock.monotonicMs();
      if (restMs <= 0 || options.signal?.aborted === true || this.#mustJoin) return undefined;
      await sleep(clock, Math.min(restMs, POLL_MS), options.signal).catch(() => {});
    }
  }

  async #nextOf(lanes: readonly Lane[], bytesMax: number): Promise<SharedBatch | undefined> {
    for (let index = 0; index < lanes.length; index += 1) {
      const lane = lanes[(this.#turn + index) % lanes.length];
      if (lane === undefined) continue;
      const read = await lane.reader.next({ bytesMax, waitMs: 0 });
      const { records, cursor } = advance(lane.cursor, read);
      if (records.length === 0 && Object.keys(read.lost).length === 0) continue;
      this.#turn = (this.#turn + index + 1) % lanes.length;
      return this.#handOut(lane, { partition: lane.partition, records, cursor });
    }
    return undefined;
  }

  #handOut(lane: Lane, batch: Pick<SharedBatch, 'partition' | 'records' | 'cursor'>): SharedBatch {
    const { partition } = batch;
    const out = { partition, isCommitted: false };
    const assignment = present(this.#assignment, 'a lane belongs to an assignment');
    const announced = lane.announced;
    this.#out = out;
    return {
      ...batch,
      announced,
      leaving: assignment.leaving.signal,
      lost: assignment.lost.signal,
      announce: async () => {
        // Also when this fails: it may have been kept.
        lane.announced = Math.max(announced, batch.cursor.position[String(partition)] ?? 0);
        return await this.#commit(assignment, lane, lane.cursor);
      },
      commit: async (cursor = batch.cursor) => {
        const isKept = await this.#commit(assignment, lane, cursor);
        if (isKept) {
          out.isCommitted = true;
          lane.cursor = cursor;
        }
        return isKept;
      },
    };
  }

  async #commit(assignment: Assignment, lane: Lane, cursor: Cursor): Promise<boolean> {
    if (this.#assignment !== assignment) return false;
    const { generation, member } = assignment;
    const { partition, announced } = lane;
    const offset = cursor.position[String(partition)] ?? 0;
    const kept = new Map([[partition, { offset, metadata: encodePart(cursor, partition, announced) }]]);
    try {
      await this.#link.commit({ group: this.#group, generation, member }, kept);
      this.#heardMs = this.#options.clock.monotonicMs();
      return true;
    } catch (error) {
      if (this.#isFenced(error)) return false;
      throw refusals.unreadable(this.#link.topic, error);
    }
  }

  /** Whether the group has refused this member, which must join again then. */
  #isFenced(error: unknown): boolean {
    const said = brokerAnswer(error) ?? '';
    if (said === 'UNKNOWN_MEMBER_ID') this.#member = '';
    if (!FENCED.has(said)) return false;
    this.#mustJoin = true;
    this.#assignment?.leaving.abort();
    if (said !== 'REBALANCE_IN_PROGRESS') this.#assignment?.lost.abort();
    return true;
  }

  /** A batch that was handed out and not committed is read again, from the cursor before it. */
  async #reopenIfGivenUp(): Promise<void> {
    const out = this.#out;
    this.#out = undefined;
    if (out === undefined || out.isCommitted) return;
    const lane = this.#assignment?.lanes.get(out.partition);
    if (lane === undefined) return;
    await lane.reader[Symbol.asyncDispose]();
    this.#assignment?.lanes.set(out.partition, this.#openLane(out.partition, lane.cursor, lane.announced));
  }

  async #leaveLanes(): Promise<void> {
    const lanes = this.#lanes();
    this.#assignment = undefined;
    await Promise.all(lanes.map(({ reader }) => reader[Symbol.asyncDispose]()));
  }

  /** Tells the group that this member lives, and hears that it has to join again. */
  async #beat(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await sleep(this.#options.clock, HEARTBEAT_MS, signal).catch(() => {});
      const assignment = this.#assignment;
      if (assignment === undefined || signal.aborted) continue;
      const { generation, member } = assignment;
      try {
        await this.#link.coordinator(this.#group, (broker) =>
          broker.heartbeat({ groupId: this.#group, groupGenerationId: generation, memberId: member }),
        );
        this.#heardMs = this.#options.clock.monotonicMs();
      } catch (error) {
        if (this.#assignment !== assignment || this.#isFenced(error)) continue;
        this.#leaveIfSilent(assignment);
      }
    }
  }

  /** Who has not been heard for so long has to ask what is still its own. */
  #leaveIfSilent({ leaving }: Assignment): void {
    if (this.#options.clock.monotonicMs() - this.#heardMs < SESSION_MS_MAX) return;
    this.#mustJoin = true;
    leaving.abort();
  }
}

/** Resolves with the work, or at an abort; what becomes of the work then is for another to see. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const over = Promise.withResolvers<void>();
  const onAbort = (): void => over.resolve();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    await Promise.race([work, over.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** How often a member with nothing to do looks at its partitions: each look costs time, and nobody waits for a tenth of a second. */
const POLL_MS = 100;
/** The generation is over, or is about to be. */
const FENCED = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);
