/**
 * Several processes that share a consumer's work. They form the group
 * `plimsoll.NAME`, which gives each some of the partitions, and each partition's
 * cursor is kept with its offset in the group, written in one step.
 *
 *   joining ──partitions given──▶ reading ──others come or go──▶ joining
 *
 * One batch is out at a time. A member that is told to join again does so only
 * when its batch was committed or given up, which it may take
 * {@link REBALANCE_MS_MAX} for: so a change of members repeats nothing. A member
 * that took longer, or was thought dead, has its commit refused, `commit` says
 * false, and whoever has the partition now does that batch again. So nothing is
 * lost, and nothing repeated in the cursors; an effect outside, of a member that
 * died between it and the commit, is repeated and must be one by item id.
 */
import { sleep, within, type Clock } from '#base/clock.ts';
import { isCoded } from '#base/errors.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, Cursor, JournalRecord } from '#journal/ports.ts';
import { decodePart, encodePart } from '#journal/kafka/core/commit-metadata.ts';
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

export interface SharedBatch {
  readonly partition: number;
  /** New records, duplicates left out; bodies are valid until the next batch is asked for. */
  readonly records: readonly JournalRecord[];
  /** Of this partition, behind the batch, all of `records` counted as delivered. */
  readonly cursor: Cursor;
  /**
   * Keeps `cursor`, or the one given (`dropItems`), in the group. False when the
   * partition is another member's now, which will do this batch again.
   *
   * @throws CodedError `PLIM_STORE_UNAVAILABLE`; it may or may not be kept, and may be tried again
   */
  commit(cursor?: Cursor): Promise<boolean>;
}

export interface SharedReader extends AsyncDisposable {
  /**
   * The next batch of one of this member's partitions; undefined when nothing came
   * within `waitMs`, while the members are dividing the partitions anew, or after an
   * abort. The batch before must have been committed; if it was not, it comes again.
   *
   * @throws CodedError `PLIM_STORE_UNAVAILABLE`
   */
  next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<SharedBatch | undefined>;
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
  readonly reader: TopicReader;
  cursor: Cursor;
}

/** What one generation of the group gave this member. */
interface Assignment extends GroupMembership {
  readonly lanes: Map<number, Lane>;
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
  #out: { readonly partition: number; isCommitted: boolean } | undefined;
  #turn = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#group = groupOf(options.consumer);
    this.#link = options.makeLink();
    this.#beating = this.#beat();
  }

  async next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<SharedBatch | undefined> {
    await this.#reopenIfGivenUp();
    try {
      if (this.#mustJoin || this.#assignment === undefined) await this.#join();
      return await this.#nextOfAny(options);
    } catch (error) {
      throw isCoded(error) ? error : refusals.unreadable(this.#link.topic, error);
    }
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
      this.#assignment = { ...membership, lanes: await this.#openLanes(membership.partitions) };
      this.#options.onAssigned?.(membership.partitions);
    } catch (error) {
      this.#mustJoin = true;
      if (brokerAnswer(error) === 'UNKNOWN_MEMBER_ID') this.#member = '';
      throw error;
    }
  }

  async #openLanes(partitions: readonly number[]): Promise<Map<number, Lane>> {
    const committed = await this.#link.committed(this.#group, partitions);
    const lanes = new Map<number, Lane>();
    for (const partition of partitions) {
      const kept = committed.get(partition);
      const begin =
        kept === undefined ? NEW_CURSOR : { ...NEW_CURSOR, position: { [partition]: kept.offset } };
      const cursor =
        kept === undefined ? begin : (decodePart(kept.metadata, partition, kept.offset) ?? begin);
      lanes.set(partition, this.#openLane(partition, cursor));
    }
    return lanes;
  }

  #openLane(partition: number, cursor: Cursor): Lane {
    const { makeLink, clock, onDamage } = this.#options;
    const damage = onDamage === undefined ? {} : { onDamage };
    return {
      cursor,
      reader: new TopicReader({ link: makeLink(), clock, cursor, partitions: [partition], ...damage }),
    };
  }

  async #nextOfAny(options: Parameters<SharedReader['next']>[0]): Promise<SharedBatch | undefined> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + options.waitMs;
    const lanes = [...(this.#assignment?.lanes ?? [])];
    for (;;) {
      const batch = await this.#nextOf(lanes, options.bytesMax);
      if (batch !== undefined) return batch;
      const restMs = deadlineMs - clock.monotonicMs();
      if (restMs <= 0 || options.signal?.aborted === true || this.#mustJoin) return undefined;
      await sleep(clock, Math.min(restMs, POLL_MS), options.signal).catch(() => {});
    }
  }

  async #nextOf(
    lanes: readonly (readonly [number, Lane])[],
    bytesMax: number,
  ): Promise<SharedBatch | undefined> {
    for (let index = 0; index < lanes.length; index += 1) {
      const entry = lanes[(this.#turn + index) % lanes.length];
      if (entry === undefined) continue;
      const [partition, lane] = entry;
      const read = await lane.reader.next({ bytesMax, waitMs: 0 });
      const { records, cursor } = advance(lane.cursor, read);
      if (records.length === 0 && Object.keys(read.lost).length === 0) continue;
      this.#turn = (this.#turn + index + 1) % lanes.length;
      return this.#handOut(lane, { partition, records, cursor });
    }
    return undefined;
  }

  #handOut(lane: Lane, batch: Omit<SharedBatch, 'commit'>): SharedBatch {
    const out = { partition: batch.partition, isCommitted: false };
    const assignment = this.#assignment;
    this.#out = out;
    return {
      ...batch,
      commit: async (cursor = batch.cursor) => {
        if (assignment === undefined || this.#assignment !== assignment) return false;
        const isKept = await this.#commit(assignment, batch.partition, cursor);
        if (isKept) {
          out.isCommitted = true;
          lane.cursor = cursor;
        } else {
          this.#mustJoin = true;
        }
        return isKept;
      },
    };
  }

  async #commit({ generation, member }: Assignment, partition: number, cursor: Cursor): Promise<boolean> {
    const offset = cursor.position[String(partition)] ?? 0;
    const kept = new Map([[partition, { offset, metadata: encodePart(cursor, partition) }]]);
    try {
      await this.#link.commit({ group: this.#group, generation, member }, kept);
      return true;
    } catch (error) {
      if (FENCED.has(brokerAnswer(error) ?? '')) return false;
      throw refusals.unreadable(this.#link.topic, error);
    }
  }

  /** A batch that was handed out and not committed is read again, from the cursor before it. */
  async #reopenIfGivenUp(): Promise<void> {
    const out = this.#out;
    this.#out = undefined;
    if (out === undefined || out.isCommitted) return;
    const lane = this.#assignment?.lanes.get(out.partition);
    if (lane === undefined) return;
    await lane.reader[Symbol.asyncDispose]();
    this.#assignment?.lanes.set(out.partition, this.#openLane(out.partition, lane.cursor));
  }

  async #leaveLanes(): Promise<void> {
    const lanes = [...(this.#assignment?.lanes.values() ?? [])];
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
      } catch (error) {
        const said = brokerAnswer(error) ?? '';
        if (said === 'UNKNOWN_MEMBER_ID') this.#member = '';
        if (FENCED.has(said)) this.#mustJoin = true;
      }
    }
  }
}

/** How often a member with nothing to do looks at its partitions. */
const POLL_MS = 20;
/** The generation is over, or is about to be. */
const FENCED = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);
