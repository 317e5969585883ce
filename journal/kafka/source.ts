/** The side of the journal on Kafka that consumers see. */
import { within, type Clock } from '#base/clock.ts';
import { NO_ITEMS } from '#signals/records.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalCapabilities,
  JournalReader,
  JournalSource,
  SharedReader,
} from '#journal/ports.ts';
import { checkConsumerName, CursorReports } from '#journal/cursor-reports.ts';
import type { Committed, KafkaSettings } from '#journal/kafka/client.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { encodePart } from '#journal/kafka/core/commit-metadata.ts';
import { groupOf } from '#journal/kafka/held.ts';
import { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { TopicReader } from '#journal/kafka/reader.ts';
import { settingsOf } from '#journal/kafka/settings.ts';
import { SharedMember, type SharedOptions } from '#journal/kafka/shared.ts';
import { capabilitiesOf, openTopic, UNKNOWN_CAPABILITIES } from '#journal/kafka/topic.ts';

export interface KafkaJournalSourceOptions {
  readonly clock: Clock;
  readonly config: KafkaJournalConfig;
  /** Messages that were stepped over: damaged ones, and ones that are not ours. */
  readonly onDamage?: (count: number) => void;
}

export interface KafkaJournalSource extends JournalSource, AsyncDisposable {
  /**
   * Joins the consumer's group: its members divide the partitions among them,
   * and the group keeps the cursor of each. For work that is done more than once
   * without harm, or by item id; see `shared.ts`.
   */
  openShared(options: SharedOptions): Promise<SharedReader>;
}

/** Reported cursors belong to no generation of the group: they only show people and writers how far the consumer is. */
const NO_MEMBER = { generation: -1, member: '' } as const;
/** What is under way when the source closes may still arrive for this long. */
const CLOSE_MS_MAX = 2000;

/**
 * Opens whether the brokers answer or not: until they do, `capabilities` says so
 * and readers throw `PLIM_STORE_UNAVAILABLE`, which is tried again.
 *
 * @throws CodedError `PLIM_CONFIG_INVALID` when a file of keys or authorities cannot be read
 */
export async function openKafkaJournalSource(
  options: KafkaJournalSourceOptions,
): Promise<KafkaJournalSource> {
  const source = new KafkaSource(options, settingsOf(options.config));
  await source.start();
  return source;
}

class KafkaSource implements KafkaJournalSource {
  readonly #options: KafkaJournalSourceOptions;
  readonly #settings: KafkaSettings;
  readonly #link: KafkaLink;
  readonly #reports: CursorReports;
  #capabilities = UNKNOWN_CAPABILITIES;

  constructor(options: KafkaJournalSourceOptions, settings: KafkaSettings) {
    this.#options = options;
    this.#settings = settings;
    this.#link = new KafkaLink(settings, options.config.topic);
    this.#reports = new CursorReports(options.clock, (consumer, cursor) =>
      this.#link.commit({ group: groupOf(options.config.topic, consumer), ...NO_MEMBER }, offsetsOf(cursor)),
    );
  }

  async start(): Promise<void> {
    const { clock, config } = this.#options;
    const asking = openTopic(this.#settings, this.#link, config).then(
      (facts) => (this.#capabilities = capabilitiesOf(facts)),
      () => UNKNOWN_CAPABILITIES,
    );
    await within(clock, config.timeoutMs, asking);
  }

  get capabilities(): JournalCapabilities {
    return this.#capabilities;
  }

  async open(options: {
    readonly cursor: Cursor;
    readonly consumer: ConsumerRegistration;
  }): Promise<JournalReader> {
    const { clock, onDamage } = this.#options;
    const reporter = this.#reports.of(options.consumer);
    return new TopicReader({
      link: new KafkaLink(this.#settings, this.#options.config.topic),
      clock,
      cursor: options.cursor,
      ...(onDamage === undefined ? {} : { onDamage }),
      onClose: () => within(clock, CLOSE_MS_MAX, reporter.flush()),
    });
  }

  async openShared(options: SharedOptions): Promise<SharedReader> {
    checkConsumerName(options.consumer);
    const { clock, config, onDamage } = this.#options;
    return new SharedMember({
      ...options,
      makeLink: () => new KafkaLink(this.#settings, config.topic),
      clock,
      ...(onDamage === undefined ? {} : { onDamage }),
    });
  }

  async reportCursor(consumer: ConsumerRegistration, cursor: Cursor): Promise<void> {
    this.#reports.of(consumer).report(cursor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.#options.clock, CLOSE_MS_MAX, this.#reports.flush());
    this.#link.close();
  }
}

/** Delivered and dropped are counts of the whole consumer: they stand with the first partition. */
function offsetsOf(cursor: Cursor): ReadonlyMap<number, Committed> {
  const partitions = Object.keys(cursor.position)
    .map(Number)
    .toSorted((a, b) => a - b);
  const uncounted: Cursor = { ...cursor, delivered: NO_ITEMS, dropped: {} };
  return new Map(
    partitions.map((partition, index) => [
      partition,
      {
        offset: cursor.position[String(partition)] ?? 0,
        metadata: encodePart(index === 0 ? cursor : uncounted, partition),
      },
    ]),
  );
}
