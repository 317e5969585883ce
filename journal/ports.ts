/**
 * The journal: the only write-ahead log for telemetry. What it acknowledged is
 * durable; what it hands to readers is committed. The disk journal keeps one
 * partition, Kafka several; callers see no difference but the numbers.
 */
import type { Producer, RecordId } from '#signals/ids.ts';
import type { RecordKind, Totals } from '#signals/records.ts';

/** What a receiver hands in. The journal adds identity, time and totals. */
export interface RecordDraft {
  readonly kind: RecordKind;
  readonly tenant: string;
  /** Items in `body`; the receiver has counted them and cut refused ones out. */
  readonly items: number;
  /** Owned by the journal from now on; the caller must not touch it again. */
  readonly body: Uint8Array;
}

/** A committed record as a consumer sees it. */
export interface JournalRecord {
  readonly id: RecordId;
  readonly partition: number;
  /** Where it starts; rises within a partition, gaps are allowed. */
  readonly offset: number;
  /** Where the next one may start: the cursor after this record. */
  readonly nextOffset: number;
  readonly kind: RecordKind;
  readonly tenant: string;
  readonly receivedUnixNanos: bigint;
  readonly items: number;
  /** Items accepted in this partition up to and including this record; by this record's node where `ledger` says so. */
  readonly accepted: Totals;
  /**
   * `partition/node` where several nodes write into one partition: the key of
   * `acceptedIn` that `accepted` runs in. Left out, one count runs over the partition.
   */
  readonly ledger?: string;
  /** A view; valid until the next batch is asked for. Copy what must live longer. */
  readonly body: Uint8Array;
}

/** Next offset to read, by partition. A partition not named starts at its beginning. */
export type Position = Readonly<Record<string, number>>;

/**
 * How far a consumer is, in the one value it stores atomically with its data.
 * `accepted = delivered + dropped` at every cursor: the conservation ledger.
 */
export interface Cursor {
  readonly position: Position;
  /** Highest sequence seen, by `partition/node/epoch`: what comes again is skipped. */
  readonly producers: Readonly<Record<string, number>>;
  /**
   * Items accepted up to here, by partition or `partition/node`, as the headers of
   * the records say: not counted by the consumer, so that the ledger can find a
   * record it never saw. With entries for nodes, the one of the partition itself
   * holds the sum of those that were forgotten.
   */
  readonly acceptedIn: Readonly<Record<string, Totals>>;
  /** Sum of `acceptedIn`. */
  readonly accepted: Totals;
  readonly delivered: Totals;
  /** By reason: `retention`, `corrupt`, or a reason of the consumer's own. */
  readonly dropped: Readonly<Record<string, Totals>>;
}

export interface Appended {
  readonly id: RecordId;
  readonly partition: number;
  readonly offset: number;
}

export interface JournalWriter extends AsyncDisposable {
  readonly producer: Producer;
  /**
   * Resolves when the record is durable, in the sense of {@link JournalCapabilities}.
   *
   * @throws CodedError `PLIM_JOURNAL_FULL` (a consumer that must not lose anything
   *   is too far behind, or the disk is full), `PLIM_JOURNAL_FAILED` (it may or may
   *   not have reached the disk; it was not acknowledged), `PLIM_JOURNAL_CLOSED`
   */
  append(draft: RecordDraft): Promise<Appended>;
  status(): JournalStatus;
}

export interface RecordBatch {
  readonly records: readonly JournalRecord[];
  /** Cursor position after this batch, even when `records` is empty. */
  readonly position: Position;
  /**
   * Items that were accepted but can no longer be read, by reason: `retention`
   * (deleted before this reader came by) or `corrupt` (a damaged record).
   */
  readonly lost: Readonly<Record<string, Totals>>;
}

export interface JournalReader extends AsyncDisposable {
  /**
   * Committed records from the reader's position on, at least one unless
   * aborted or nothing new came within `waitMs`; at most about `bytesMax`.
   */
  next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<RecordBatch>;
  /** How much is committed beyond the reader's position. */
  lag(): Promise<{ readonly bytes: number; readonly oldestUnixNanos: bigint | undefined }>;
}

/** What happens when a consumer is behind and the budget is reached. */
export type OnFull = 'refuse' | 'drop';

export interface ConsumerRegistration {
  /** `[a-z][a-z0-9-]*`, fixed for the life of the data. */
  readonly name: string;
  readonly onFull: OnFull;
}

/** The side of the journal that consumers see. */
export interface JournalSource {
  readonly capabilities: JournalCapabilities;
  open(options: { readonly cursor: Cursor; readonly consumer: ConsumerRegistration }): Promise<JournalReader>;
  /**
   * Tells the journal that `cursor` is durable at the consumer, so that space
   * may be reclaimed. A hint: losing it costs space, never data.
   */
  reportCursor(consumer: ConsumerRegistration, cursor: Cursor): Promise<void>;
}

/**
 * What one of several processes that share a consumer's work is given: records of
 * one partition. Its cursor is kept beside the journal, where whoever has the
 * partition next finds it.
 */
export interface SharedBatch {
  readonly partition: number;
  /** New records, duplicates left out; bodies are valid until the next batch is asked for. */
  readonly records: readonly JournalRecord[];
  /** Of this partition, behind the batch, all of `records` counted as delivered. */
  readonly cursor: Cursor;
  /**
   * Records that start before this offset may have had an effect outside already:
   * somebody announced them, or it is not known whether somebody did.
   */
  readonly announced: number;
  /** Aborted when the partitions are divided anew: what is under way may end and be committed, nothing should begin. */
  readonly leaving: AbortSignal;
  /** Aborted when the partition is another member's now. */
  readonly lost: AbortSignal;
  /**
   * To be called before an effect outside: keeps beside the cursor that these
   * records may have had it from now on. False when the partition is another
   * member's now; then they must have none.
   *
   * @throws CodedError `PLIM_STORE_UNAVAILABLE`; it may or may not be kept, and may be tried again
   */
  announce(): Promise<boolean>;
  /**
   * Keeps `cursor`, or the one given (`dropItems`). False when the partition is
   * another member's now, which will do this batch again.
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
  /** How much is committed beyond this member's positions in its partitions. */
  lag(): ReturnType<JournalReader['lag']>;
  /** What this member has now, and how far it is there: none of it while it joins. */
  share(): { readonly partitions: readonly number[]; readonly cursor: Cursor };
}

export interface JournalCapabilities {
  /** What survives once `append` resolved, in words for people. */
  readonly durability: string;
  /** Whether it survives losing this machine's disk. */
  readonly survivesDiskLoss: boolean;
  readonly partitions: number;
}

export interface JournalStatus {
  readonly accepted: Totals;
  /** Where several nodes write: the one whose items `accepted` counts. */
  readonly node?: string;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly records: number;
  readonly oldestUnixNanos: bigint | undefined;
  readonly corruptRecords: number;
  readonly failedSyncs: number;
  readonly consumers: readonly ConsumerStatus[];
  readonly state: 'open' | 'full' | 'failed' | 'closed';
}

export interface ConsumerStatus {
  readonly name: string;
  readonly onFull: OnFull;
  readonly cursor: Cursor;
  readonly heldBytes: number;
}
