/** An idempotent producer that waits for all replicas in sync. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { present } from '#base/invariant.ts';
import type { Compression, KafkaProducer, KafkaSettings, OutgoingMessage } from '#journal/kafka/client.ts';
import { confirmAll, type PartitionAnswer } from '#journal/kafka/core/confirm.ts';
import { accessFailure, connectFailure } from '#journal/kafka/core/access.ts';
import { brokerAnswer, clientOf, Sockets } from '#journal/kafka/kafkajs/connection.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const COMPRESSIONS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<Compression, unknown>;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export async function openKafkaProducer(
  settings: KafkaSettings,
  topic: string,
  compression: Compression,
): Promise<KafkaProducer> {
  const sockets = new Sockets(settings.tls);
  const producer = clientOf(settings, sockets).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // The partition is chosen before, because the totals in the headers are the partition's.
    createPartitioner:
      () =>
      ({ message }) =>
        present(message.partition, 'every message names its partition'),
  });
  const close = (): void => {
    sockets.destroy();
    void producer.disconnect().catch(() => {});
  };
  try {
    await producer.connect();
  } catch (error) {
    close();
    throw connectFailure(error, brokerAnswer(error), settings);
  }
  const send = async (messages: readonly OutgoingMessage[]): Promise<readonly PartitionAnswer[]> => {
    const answers = await producer.send({
      topic,
      acks: -1,
      timeout: settings.requestTimeoutMs,
      compression: COMPRESSIONS[compression],
      messages: messages.map(({ partition, key, value, headers, timestampMs }) => ({
        partition,
        key: key ?? null,
        value: Buffer.from(value.buffer, value.byteOffset, value.length),
        headers,
        timestamp: String(timestampMs),
      })),
    });
    return answers.map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset) }));
  };
  return {
    close,
    async send(messages) {
      try {
        return await confirmAll(messages, send);
      } catch (error) {
        throw accessFailure(error, brokerAnswer(error), settings);
      }
    },
  };
}
