/**
 * Fetches ahead, a little: at most one request to each leader is under way, and
 * none beyond {@link BUFFER_BYTES_MAX} that wait to be taken. So a reader works
 * on one batch while the next comes, and memory is bounded whatever the lag.
 */
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/clock.ts';
import type { FetchedPartition, PartitionFacts, StoredMessage } from '#journal/kafka/client.ts';
import { brokerAnswer } from '#journal/kafka/kafkajs/connection.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';

const FETCH_BYTES_MAX = 8 * 2 ** 20;
const BUFFER_BYTES_MAX = 8 * 2 ** 20;
/** How long a broker waits for something new before it answers that there is nothing. */
const FETCH_WAIT_MS = 500;
/** Leaders, and partitions that were added, are asked for this often. */
const LEADERS_AGE_MS_MAX = 60_000;

/** `deleted`: what stood before the next message is gone. */
export type Fetched = StoredMessage | 'deleted';

interface Lane {
  readonly partition: number;
  /** Taken by the reader up to here. */
  position: number;
  /** Fetched up to here. */
  fetched: number;
  /** Where the next message will stand, as last told; undefined before the first answer. */
  end: number | undefined;
  waiting: Fetched[];
}

export interface FetcherOptions {
  readonly link: KafkaLink;
  readonly clock: Clock;
  /** Undefined: all there are. */
  readonly partitions: readonly number[] | undefined;
  /** Offset to begin at. */
  readonly positionOf: (partition: number) => number;
}

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #pending = new Map<string, Promise<void>>();
  #leaders: readonly PartitionFacts[] | undefined;
  #leadersMs = 0;
  #waitingBytes = 0;
  #turn = 0;
  #error: unknown;
  #wake = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** What failed since this was last asked. */
  takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  /** Asks for more where there is room. */
  fill(): void {
    if (this.#isClosed || this.#error !== undefined) return;
    const isOld = this.#options.clock.monotonicMs() - this.#leadersMs > LEADERS_AGE_MS_MAX;
    if ((this.#leaders === undefined || isOld) && !this.#pending.has(''))
      this.#run('', () => this.#findLeaders());
    for (const leader of new Set(this.#leaders?.map((facts) => facts.leader))) {
      if (this.#waitingBytes < BUFFER_BYTES_MAX && !this.#pending.has(leader))
        this.#run(leader, () => this.#fetch(leader));
    }
  }

  /** Takes what waits, partition after partition in turns; `take` says whether it has room for more. */
  drain(take: (partition: number, fetched: Fetched) => boolean): void {
    const lanes = [...this.#lanes.values()];
    for (let index = 0; index < lanes.length; index += 1) {
      const lane = lanes[(this.#turn + index) % lanes.length];
      if (lane !== undefined && !this.#drainLane(lane, take)) {
        this.#turn = (this.#turn + index) % lanes.length;
        return;
      }
    }
    this.#turn += 1;
  }

  /** Everything there was when last asked has been fetched. */
  get isCaughtUp(): boolean {
    if (this.#leaders === undefined) return false;
    return [...this.#lanes.values()].every((lane) => lane.end !== undefined && lane.fetched >= lane.end);
  }

  /** Where each partition is to be read on. */
  position(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#lanes.values()].map((lane) => [String(lane.partition), lane.position]),
    );
  }

  /** The next message of each partition that waits. */
  heads(): readonly StoredMessage[] {
    return [...this.#lanes.values()].flatMap(
      ({ waiting }) => waiting.find((fetched) => fetched !== 'deleted') ?? [],
    );
  }

  /** Until an answer has come or failed, an abort, or `waitMs`. */
  async wait(waitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#error !== undefined) return;
    const over = new AbortController();
    const stop = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    await Promise.race([this.#wake.promise, sleep(this.#options.clock, waitMs, stop).catch(() => {})]);
    over.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#lanes.clear();
  }

  #drainLane(lane: Lane, take: (partition: number, fetched: Fetched) => boolean): boolean {
    let taken = 0;
    let isRoom = true;
    for (const fetched of lane.waiting) {
      if (!isRoom) break;
      isRoom = take(lane.partition, fetched);
      taken += 1;
      if (fetched === 'deleted') continue;
      lane.position = fetched.offset + 1;
      this.#waitingBytes -= fetched.bytes;
    }
    lane.waiting.splice(0, taken);
    // Behind the last message there may be offsets that are nobody's.
    if (lane.waiting.length === 0) lane.position = lane.fetched;
    return isRoom;
  }

  #run(name: string, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        this.#error ??= error;
        this.#leaders = undefined;
      })
      .finally(() => {
        this.#pending.delete(name);
        const { resolve } = this.#wake;
        this.#wake = Promise.withResolvers();
        resolve();
      });
    this.#pending.set(name, running);
  }

  async #findLeaders(): Promise<void> {
    const { link, clock, partitions, positionOf } = this.#options;
    const leaders = await link.partitions();
    this.#leadersMs = clock.monotonicMs();
    this.#leaders = leaders.filter(
      ({ partition }) => partitions === undefined || partitions.includes(partition),
    );
    for (const { partition } of this.#leaders) {
      if (this.#lanes.has(partition)) continue;
      const position = positionOf(partition);
      this.#lanes.set(partition, { partition, position, fetched: position, end: undefined, waiting: [] });
    }
    this.fill();
  }

  async #fetch(leader: string): Promise<void> {
    const { link } = this.#options;
    const from = new Map<number, number>();
    for (const facts of this.#leaders ?? []) {
      const lane = this.#lanes.get(facts.partition);
      if (facts.leader === leader && lane !== undefined) from.set(facts.partition, lane.fetched);
    }
    const isFirst = [...from.keys()].some((partition) => this.#lanes.get(partition)?.end === undefined);
    try {
      const maxWaitMs = isFirst ? 0 : FETCH_WAIT_MS;
      for (const answer of await link.fetch({ leader, from, maxWaitMs, bytesMax: FETCH_BYTES_MAX }))
        this.#keep(answer);
    } catch (error) {
      if (brokerAnswer(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
      await this.#moveIntoRange([...from.keys()]);
    }
  }

  #keep({ partition, messages, highWatermark, next }: FetchedPartition): void {
    const lane = this.#lanes.get(partition);
    if (lane === undefined) return;
    lane.waiting.push(...messages);
    lane.fetched = next;
    lane.end = highWatermark;
    for (const { bytes } of messages) this.#waitingBytes += bytes;
  }

  /**
   * Below the first offset, what was there has been deleted. Beyond the end, the
   * log is not the one it was: brokers lost its end, or it was made anew. Then all
   * that is there is read again; what was seen before is left out by its id.
   */
  async #moveIntoRange(partitions: readonly number[]): Promise<void> {
    const first = await this.#options.link.offsets('first', partitions);
    const next = await this.#options.link.offsets('next', partitions);
    for (const partition of partitions) {
      const lane = this.#lanes.get(partition);
      const begin = first.get(partition) ?? 0;
      if (lane === undefined) continue;
      if (lane.fetched < begin) lane.waiting.push('deleted');
      else if (lane.fetched <= (next.get(partition) ?? begin)) continue;
      lane.fetched = begin;
    }
  }
}
