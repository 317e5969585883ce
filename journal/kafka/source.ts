/** The side of the journal on Kafka that consumers see. */
import { within, type Clock, type Timer } from '#base/clock.ts';
import { invariant } from '#base/invariant.ts';
import { NO_ITEMS } from '#signals/records.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalCapabilities,
  JournalReader,
  JournalSource,
  SharedReader,
} from '#journal/ports.ts';
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

const NAME = /^[a-z][a-z0-9-]*$/;
/** Cursors of one consumer are reported at most this often. */
const REPORT_EVERY_MS = 1000;
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
  readonly #reporters = new Map<string, CursorReporter>();
  #capabilities = UNKNOWN_CAPABILITIES;

  constructor(options: KafkaJournalSourceOptions, settings: KafkaSettings) {
    this.#options = options;
    this.#settings = settings;
    this.#link = new KafkaLink(settings, options.config.topic);
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
    const reporter = this.#reporterOf(options.consumer);
    return new TopicReader({
      link: new KafkaLink(this.#settings, this.#options.config.topic),
      clock,
      cursor: options.cursor,
      ...(onDamage === undefined ? {} : { onDamage }),
      onClose: () => reporter.flush(),
    });
  }

  async openShared(options: SharedOptions): Promise<SharedReader> {
    invariant(NAME.test(options.consumer.name), 'a consumer name is lower-case letters, digits and dashes');
    const { clock, config, onDamage } = this.#options;
    return new SharedMember({
      ...options,
      makeLink: () => new KafkaLink(this.#settings, config.topic),
      clock,
      ...(onDamage === undefined ? {} : { onDamage }),
    });
  }

  async reportCursor(consumer: ConsumerRegistration, cursor: Cursor): Promise<void> {
    this.#reporterOf(consumer).report(cursor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const flushing = Promise.all([...this.#reporters.values()].map((reporter) => reporter.flush()));
    await within(this.#options.clock, CLOSE_MS_MAX, flushing);
    this.#link.close();
  }

  #reporterOf(consumer: ConsumerRegistration): CursorReporter {
    const known = this.#reporters.get(consumer.name);
    if (known !== undefined) return known;
    invariant(NAME.test(consumer.name), 'a consumer name is lower-case letters, digits and dashes');
    const reporter = new CursorReporter(this.#link, this.#options.clock, groupOf(consumer));
    this.#reporters.set(consumer.name, reporter);
    return reporter;
  }
}

/**
 * Commits a consumer's cursors to its group, the first at once, then the newest
 * once a second. It belongs to no generation of the group: this only shows people
 * and writers how far the consumer is, whose own cursor is what counts.
 */
class CursorReporter {
  readonly #link: KafkaLink;
  readonly #clock: Clock;
  readonly #group: string;
  #waiting: Cursor | undefined;
  #timer: Timer | undefined;
  #committing: Promise<void> = Promise.resolve();
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(link: KafkaLink, clock: Clock, group: string) {
    this.#link = link;
    this.#clock = clock;
    this.#group = group;
  }

  report(cursor: Cursor): void {
    this.#waiting = cursor;
    if (this.#timer !== undefined) return;
    const delayMs = this.#nextMs - this.#clock.monotonicMs();
    if (delayMs <= 0) void this.flush();
    else this.#timer = this.#clock.startTimer(delayMs, () => void this.flush());
  }

  /** Commits what is waiting; a failure is forgotten, the next report repeats it. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const cursor = this.#waiting;
    this.#waiting = undefined;
    if (cursor === undefined) return this.#committing;
    this.#nextMs = this.#clock.monotonicMs() + REPORT_EVERY_MS;
    const committer = { group: this.#group, generation: -1, member: '' };
    this.#committing = this.#committing
      .then(() => this.#link.commit(committer, offsetsOf(cursor)))
      .catch(() => {});
    return this.#committing;
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
