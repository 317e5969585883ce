/**
 * Telemetry as it came, to topics of Kafka. Each partition's batches go one after
 * the other; a batch that was not confirmed is sent again as it was by the same
 * producer, whose number the brokers know: so an outage of theirs doubles
 * nothing. A run of ours that was killed leaves it open what they have of its last
 * batch; the next sends all of it, and a header tells the reader.
 */
import { reasonText } from '#base/access.ts';
import type { Clock } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { KafkaExporterConfig } from '#collector/exporters/kafka/config.ts';
import { Shipment, type Lane } from '#collector/exporters/kafka/core/shipment.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
} from '#collector/exporters/ports.ts';
import type { KafkaProducer, KafkaSettings } from '#journal/kafka/client.ts';
import { brokerAnswer } from '#journal/kafka/kafkajs/connection.ts';
import { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { openKafkaProducer } from '#journal/kafka/kafkajs/producer.ts';
import { PRODUCER_LOST } from '#journal/kafka/sending.ts';
import { settingsOf } from '#journal/kafka/settings.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordKind } from '#signals/records.ts';

const BATCH_BYTES_MAX = 4 * 2 ** 20;
const KINDS: ReadonlySet<RecordKind> = new Set(['otlp-traces', 'otlp-logs', 'otlp-metrics']);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

export interface KafkaExporterOptions {
  readonly config: KafkaExporterConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** False: what failed is sent again by a new producer. For the negative control of a test alone. */
  readonly keepsProducer?: boolean;
}

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file of keys or authorities cannot be read */
export function createKafkaExporter(options: KafkaExporterOptions): Exporter {
  return new KafkaExporter(options);
}

class KafkaExporter implements Exporter {
  readonly kinds = KINDS;
  readonly batchBytesMax = BATCH_BYTES_MAX;
  readonly #options: KafkaExporterOptions;
  readonly #settings: KafkaSettings;
  readonly #topics = new Map<string, Topic>();
  /** Of the call that was rejected: the next, with the same records, goes on where it ended. */
  #unfinished: Shipment | undefined;

  constructor(options: KafkaExporterOptions) {
    const { connection, common } = options.config;
    this.#options = options;
    this.#settings = settingsOf({ ...connection, timeoutMs: common.timeoutMs });
  }

  /** @throws ExportError, or the reason of the signal */
  async export({ records, signal }: ExportBatch): Promise<ExportOutcome> {
    const onAbort = (): void => this.#close();
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const shipment = await this.#shipmentOf(records);
      const ways = shipment.lanes.map((lane) => this.#deliver(shipment, lane, signal));
      const failed = (await Promise.allSettled(ways)).find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      this.#unfinished = undefined;
      return { refused: shipment.refused };
    } catch (error) {
      signal.throwIfAborted();
      if (this.#options.keepsProducer === false) this.#close();
      throw new ExportError(reasonText(error), { cause: error });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  async #shipmentOf(records: readonly JournalRecord[]): Promise<Shipment> {
    const { config } = this.#options;
    if (this.#unfinished?.isOf(records) === true) return this.#unfinished;
    // A batch that was given up is never followed by another: the brokers could take that for it.
    if (this.#unfinished !== undefined) this.#close();
    this.#unfinished = undefined;
    const names = new Set(
      Object.entries(config.topics).flatMap(([kind, name]) =>
        records.some((record) => record.kind === kind) ? [name] : [],
      ),
    );
    const partitions = new Map<string, number>();
    for (const name of names) partitions.set(name, await this.#topicOf(name).partitions());
    const shipment = new Shipment(records, config, partitions);
    this.#unfinished = shipment;
    return shipment;
  }

  async #deliver(shipment: Shipment, lane: Lane, signal: AbortSignal): Promise<void> {
    const topic = this.#topicOf(lane.topic);
    for (let batch = lane.batches[0]; batch !== undefined; batch = lane.batches[0]) {
      signal.throwIfAborted();
      const timestampMs = this.#options.clock.wallMs();
      try {
        await topic.send(batch.map((message) => ({ ...message, timestampMs })));
        shipment.settle(lane);
      } catch (error) {
        if (!TOO_LARGE.has(brokerAnswer(error) ?? '')) throw error;
        this.#options.log.warn(
          { topic: lane.topic },
          'the topic takes smaller batches than max_message_bytes',
        );
        shipment.shrink(lane, errorText(error));
      }
    }
  }

  #topicOf(name: string): Topic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const topic = new Topic(name, this.#settings, this.#options.config);
    this.#topics.set(name, topic);
    return topic;
  }

  /** What is under way fails; the next call connects again, with a producer of its own. */
  #close(): void {
    for (const topic of this.#topics.values()) topic.close();
    this.#topics.clear();
  }
}

/** The connection to one topic, made when first used. */
class Topic {
  readonly #name: string;
  readonly #settings: KafkaSettings;
  readonly #config: KafkaExporterConfig;
  readonly #link: KafkaLink;
  #producer: Promise<KafkaProducer> | undefined;
  #isClosed = false;

  constructor(name: string, settings: KafkaSettings, config: KafkaExporterConfig) {
    this.#name = name;
    this.#settings = settings;
    this.#config = config;
    this.#link = new KafkaLink(settings, name, { letsMakeTopic: config.letsMakeTopics });
  }

  async partitions(): Promise<number> {
    return (await this.#link.partitions()).length;
  }

  async send(messages: Parameters<KafkaProducer['send']>[0]): Promise<void> {
    const opening = (this.#producer ??= this.#open());
    try {
      const producer = await opening;
      await producer.send(messages);
    } catch (error) {
      if (PRODUCER_LOST.has(brokerAnswer(error) ?? '')) this.#forget(opening);
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#link.close();
    if (this.#producer !== undefined) this.#forget(this.#producer);
  }

  async #open(): Promise<KafkaProducer> {
    try {
      const producer = await openKafkaProducer(this.#settings, this.#name, this.#config.compression);
      if (this.#isClosed) producer.close();
      return producer;
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  #forget(opening: Promise<KafkaProducer>): void {
    if (this.#producer === opening) this.#producer = undefined;
    void opening.then((producer) => producer.close()).catch(() => {});
  }
}
