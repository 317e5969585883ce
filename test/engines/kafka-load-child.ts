/**
 * The writer or the reader of the journal on Kafka, alone in a process, for its
 * CPU time to be read: argv is {@link KafkaLoad}. Prints `begin` and `end` around
 * the measured window, then {@link KafkaLoadReport}.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { payloadA } from '#bench/payload.ts';
import { runConsumer } from '#journal/consumer.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournalSource } from '#journal/kafka/source.ts';
import { openKafkaJournal } from '#journal/kafka/writer.ts';

export interface KafkaLoad {
  readonly role: 'write' | 'read';
  readonly directory: string;
  readonly config: KafkaJournalConfig;
  readonly spansPerRecord: number;
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface KafkaLoadReport {
  readonly records: number;
  readonly bytes: number;
  readonly windowMs: number;
  /** Of all records since the start: what was confirmed, or read. */
  readonly total: number;
}

const load = JSON.parse(process.argv[2] ?? '{}') as KafkaLoad;
const stop = new AbortController();
let records = 0;
let bytes = 0;

async function write(): Promise<void> {
  const bodies = payloadA(load.spansPerRecord);
  const { directory, config, spansPerRecord: items } = load;
  await using writer = await openKafkaJournal({
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    directory: join(directory, 'journal'),
    config,
  });
  let turn = 0;
  const one = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const body = present(bodies[turn++ % bodies.length], 'there are bodies');
      await writer.append({ kind: 'otlp-traces', tenant: 'default', items, body });
      records += 1;
      bytes += body.length;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, one));
}

async function read(): Promise<void> {
  await using source = await openKafkaJournalSource({ clock: systemClock, config: load.config });
  await runConsumer({
    source,
    registration: { name: 'bench', onFull: 'drop' },
    cursor: NEW_CURSOR,
    bytesMax: 2 ** 20,
    clock: systemClock,
    signal: stop.signal,
    async handle(batch) {
      records += batch.records.length;
      for (const { body } of batch.records) bytes += body.length;
    },
  });
}

const running = load.role === 'write' ? write() : read();
await sleep(load.warmUpMs);
process.stdout.write('begin\n');
const [startMs, recordsBefore, bytesBefore] = [performance.now(), records, bytes];
await sleep(load.windowMs);
process.stdout.write('end\n');
const windowMs = performance.now() - startMs;
const found = { records: records - recordsBefore, bytes: bytes - bytesBefore, windowMs };
stop.abort();
await running;
process.stdout.write(`${JSON.stringify({ ...found, total: records } satisfies KafkaLoadReport)}\n`);
