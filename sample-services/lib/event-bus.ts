/**
 * Events between services. What stands behind it can be replaced: the broker of
 * this folder speaks HTTP; a log like Kafka's has the same topics, keys, headers,
 * groups and offsets.
 *
 * A record is stored at least once and read at least once by each group, in the
 * order it was stored; whoever handles records must know them again by their id.
 */

export interface NewRecord {
  /** The same at each attempt to publish it. */
  readonly id: string;
  /** Records of one key stay in order. */
  readonly key: string;
  /** The trace it belongs to, among others. */
  readonly headers: Readonly<Record<string, string>>;
  /** Anything JSON can say. */
  readonly value: unknown;
}

export interface StoredRecord extends NewRecord {
  /** Place in the topic, from 0. */
  readonly offset: number;
}

export interface Poll {
  readonly topic: string;
  /** Each group reads every record; the members of one share them. */
  readonly group: string;
  readonly recordsMax: number;
  /** How long to wait for the first record. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface EventBus {
  /** Resolves when the records are on disk. When it rejects, they may be there all the same. */
  publish(topic: string, records: readonly NewRecord[]): Promise<void>;
  /** Records from the group's offset on; none when there were none within `waitMs`. */
  poll(poll: Poll): Promise<readonly StoredRecord[]>;
  /** The group has done with everything before `nextOffset`. */
  commit(topic: string, group: string, nextOffset: number): Promise<void>;
}
