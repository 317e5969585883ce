/** A journal on a real Kafka as the contract wants it: a topic of its own for each test. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { present } from '#base/invariant.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { DEFAULT_KAFKA_CONFIG, type KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournalSource } from '#journal/kafka/source.ts';
import { openKafkaJournal } from '#journal/kafka/writer.ts';
import type { JournalBackend } from '#test/contract/journal-backend.ts';
import type { Engine } from '#test/engines/engine.ts';

let topics = 0;

/** A topic nobody else has, on the one broker given. */
export function kafkaConfig(kafka: Pick<Engine, 'url'>): KafkaJournalConfig {
  topics += 1;
  return {
    ...DEFAULT_KAFKA_CONFIG,
    brokers: [kafka.url],
    topic: `journal-${process.pid}-${topics}`,
    partitions: 3,
  };
}

/** Kafka's own administration, for what is done to the journal from outside. */
export async function withAdmin<T>(kafka: Engine, work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = new kafkajs.Kafka({ brokers: [kafka.url], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Consumers report once a second, and the writer looks once a second. */
const RECLAIM_MS = 2300;

export async function kafkaBackend(kafka: Engine): Promise<JournalBackend> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-kafka-journal-'));
  const config = kafkaConfig(kafka);
  let bytesMax: number | undefined;
  return {
    clock: systemClock,
    lacks: kafka.pid === 0 ? { damage: 'the broker’s files are not at hand' } : {},
    openWriter: (options = {}) => {
      bytesMax = options.bytesMax;
      return openKafkaJournal({
        disk: systemDisk,
        clock: systemClock,
        random: systemRandom,
        directory,
        config: { ...config, ...(bytesMax === undefined ? {} : { bytesMax }) },
        ...(options.consumers === undefined ? {} : { consumers: options.consumers }),
      });
    },
    openSource: () => openKafkaJournalSource({ clock: systemClock, config }),
    async reclaim() {
      // Kafka deletes by whole segments and every few minutes; asked to, it deletes at once.
      if (bytesMax !== undefined) await trim(kafka, config.topic, Math.floor(bytesMax / 1200));
      await sleep(RECLAIM_MS);
    },
    damage: (offset) => damageMessage(kafka, config.topic, offset),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Deletes all but the last messages of each partition. */
export async function trim(kafka: Engine, topic: string, messagesKept: number): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends
      .map(({ partition, high }) => ({ partition, offset: String(Math.max(0, Number(high) - messagesKept)) }))
      .filter(({ offset }) => offset !== '0');
    if (partitions.length > 0) await admin.deleteTopicRecords({ topic, partitions });
  });
}

/** Of a record batch: base offset, bytes behind the length field, last offset less the base. */
const LENGTH_AT = 8;
const HEAD_BYTES = 12;
const LAST_DELTA_AT = 23;

/** Changes one letter of the body in the broker's file, which has its own checksum and does not look. */
async function damageMessage(kafka: Engine, topic: string, offset: number): Promise<void> {
  const data = join(logsFolder(kafka.pid), 'data');
  for (const folder of readdirSync(data).filter((name) => name.startsWith(`${topic}-`))) {
    const path = join(data, folder, `${'0'.padStart(20, '0')}.log`);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length;) {
      const base = Number(bytes.readBigInt64BE(at));
      const end = at + HEAD_BYTES + bytes.readInt32BE(at + LENGTH_AT);
      const body = bytes.subarray(0, end).indexOf('damage ', at);
      if (offset >= base && offset <= base + bytes.readInt32BE(at + LAST_DELTA_AT) && body >= 0) {
        await changeByte(path, body + 3);
        return;
      }
      at = end;
    }
  }
  throw new Error(`no file of the broker holds offset ${offset} of ${topic}`);
}

function logsFolder(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const word = words.find((candidate) => candidate.startsWith('-Dkafka.logs.dir='));
  return present(word, 'the broker was told its folder').slice('-Dkafka.logs.dir='.length);
}

async function changeByte(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, position);
    byte[0] = (byte[0] ?? 0) ^ 0x10;
    await file.write(byte, 0, 1, position);
  } finally {
    await file.close();
  }
}
