/**
 * Records as messages, and which of them the brokers have: so that a call that is
 * repeated sends what is missing and nothing else, in the same batches. Pure.
 */
import { isCoded } from '#base/errors.ts';
import type { KafkaExporterConfig, KafkaKind } from '#collector/exporters/kafka/config.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import { recordBytesMax } from '#journal/kafka/config.ts';
import { instanceOf, partitionOf } from '#journal/kafka/core/key.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';
import { splitAround, type SplitAround } from '#signals/split.ts';

/** Header by which a reader can leave out what comes twice: `NODE/EPOCH/SEQUENCE`, of a record that was cut with `/PART`. */
export const RECORD_HEADER = 'plimsoll-record';
/** Of a message, beyond its value, key and headers. */
const FRAME_BYTES = 64;
/** A message below this that a broker calls too large is so for a reason that cutting does not heal. */
const CUT_BYTES_MIN = 1024;

export interface Message {
  readonly record: JournalRecord;
  /** Place of its first item in the record. */
  readonly ordinal: number;
  readonly items: number;
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Messages of one partition that are sent together, in this and no other grouping. */
export type Batch = readonly Message[];

/** What of a shipment goes to one partition: the first batch is the next to be confirmed. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly batches: Batch[];
}

export type ShipmentConfig = Pick<KafkaExporterConfig, 'topics' | 'headers' | 'messageBytesMax'>;

export class Shipment {
  readonly lanes: readonly Lane[];
  readonly #refused: RefusedItem[] = [];
  readonly #keys: readonly string[];
  readonly #config: ShipmentConfig;

  /** @param partitions how many each topic has */
  constructor(
    records: readonly JournalRecord[],
    config: ShipmentConfig,
    partitions: ReadonlyMap<string, number>,
  ) {
    this.#keys = records.map(({ id }) => nameOf(id));
    this.#config = config;
    const messages = new Map<string, Message[]>();
    for (const record of records) {
      const topic = config.topics[record.kind as KafkaKind];
      const key = instanceOf(record.kind, record.body);
      const count = Math.max(1, partitions.get(topic) ?? 1);
      const partition = key === undefined ? record.id.sequence % count : partitionOf(key, count);
      const lane = `${partition}/${topic}`;
      const place = { record, partition, key, ordinal: 0, name: nameOf(record.id) };
      const list = messages.get(lane) ?? [];
      list.push(...this.#messagesOf(place, { body: record.body, items: record.items }));
      messages.set(lane, list);
    }
    this.lanes = [...messages].map(([lane, list]) => {
      const slash = lane.indexOf('/');
      const batches = batchesOf(list, config.messageBytesMax);
      return { topic: lane.slice(slash + 1), partition: Number(lane.slice(0, slash)), batches };
    });
  }

  isOf(records: readonly JournalRecord[]): boolean {
    return (
      records.length === this.#keys.length &&
      records.every(({ id }, index) => nameOf(id) === this.#keys[index])
    );
  }

  get refused(): readonly RefusedItem[] {
    return this.#refused;
  }

  /** The lane's next batch is at the brokers. */
  settle(lane: Lane): void {
    lane.batches.shift();
  }

  /** The brokers call the lane's next batch too large: smaller ones take its place, or it is refused. */
  shrink(lane: Lane, said: string): void {
    const [batch = []] = lane.batches;
    const half = Math.ceil(batch.length / 2);
    const [only] = batch;
    if (batch.length > 1 || only === undefined) {
      lane.batches.splice(
        0,
        1,
        ...[batch.slice(0, half), batch.slice(half)].filter(({ length }) => length > 0),
      );
      return;
    }
    const smaller = this.#cut(only, said);
    lane.batches.splice(0, 1, ...smaller.map((message) => [message]));
  }

  #cut(message: Message, said: string): readonly Message[] {
    const { record, ordinal, items, value } = message;
    if (items <= 1 || value.length < CUT_BYTES_MIN) {
      this.#refuse(record, { ordinal, items }, 'too_large', said);
      return [];
    }
    // In halves, unless an item is larger than one: then the topic may take that without the others.
    const half = Math.ceil(value.length / 2);
    const bytesMax = cutOf(record, value, half)?.tooLarge.length === 0 ? half : value.length - 1;
    const name = message.headers[RECORD_HEADER] ?? '';
    return this.#messagesOf({ ...message, name }, { body: value, items }, bytesMax);
  }

  /** @param bytesMax for parts of `body`; an item over it is refused */
  #messagesOf(
    place: Pick<Message, 'record' | 'partition' | 'key' | 'ordinal'> & { readonly name: string },
    { body, items }: { readonly body: Uint8Array; readonly items: number },
    bytesMax = recordBytesMax(this.#config.messageBytesMax),
  ): readonly Message[] {
    const { record, partition, key, name } = place;
    const headers = { ...this.#config.headers, [RECORD_HEADER]: name };
    const whole = { record, partition, key, ordinal: place.ordinal, items, value: body, headers };
    if (body.length <= bytesMax) return [whole];
    const split = cutOf(record, body, bytesMax);
    if (split === undefined) {
      this.#refuse(record, { ordinal: place.ordinal, items }, 'malformed', 'it is no body of its kind');
      return [];
    }
    for (const { ordinal, items: count } of split.tooLarge) {
      const detail = `it is over ${bytesMax} bytes, nine tenths of producer.max_message_bytes`;
      this.#refuse(record, { ordinal: place.ordinal + ordinal, items: count }, 'too_large', detail);
    }
    let ordinal = place.ordinal;
    return split.parts.map((part, index) => {
      const numbered = { ...headers, [RECORD_HEADER]: `${name}/${index}` };
      const message = { ...whole, ordinal, items: part.items, value: part.body, headers: numbered };
      ordinal += part.items;
      return message;
    });
  }

  #refuse(
    record: JournalRecord,
    { ordinal, items }: { readonly ordinal: number; readonly items: number },
    reason: string,
    detail: string,
  ): void {
    this.#refused.push({
      record: record.id,
      ordinal: items === record.items ? undefined : ordinal,
      items,
      reason,
      detail,
    });
  }
}

function cutOf(record: JournalRecord, body: Uint8Array, bytesMax: number): SplitAround | undefined {
  try {
    return splitAround(record.kind, body, bytesMax);
  } catch (error) {
    if (isCoded(error, 'PLIM_BODY_MALFORMED')) return undefined;
    throw error;
  }
}

function batchesOf(messages: readonly Message[], bytesMax: number): Batch[] {
  const batches: Message[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = sizeOf(message);
    if (bytes + size > bytesMax) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(message);
    bytes += size;
  }
  return batches;
}

function sizeOf({ key = '', value, headers }: Message): number {
  const texts = [key, ...Object.entries(headers).flat()];
  // Three bytes a letter at most.
  return texts.reduce((sum, one) => sum + 3 * one.length, value.length + FRAME_BYTES);
}

function nameOf({ node, epoch, sequence }: RecordId): string {
  return `${node}/${epoch}/${sequence}`;
}
