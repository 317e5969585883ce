/**
 * A process with a writer and a consumer of the journal on Kafka, to be killed.
 * What it sends and what is confirmed goes to one file, what the consumer holds to
 * another, a batch and the cursor behind it in one line. argv is {@link ChildPlan}.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { runConsumer } from '#journal/consumer.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournalSource } from '#journal/kafka/source.ts';
import { openKafkaJournal, type KafkaJournalWriter } from '#journal/kafka/writer.ts';
import type { ConsumerRegistration, Cursor } from '#journal/ports.ts';
import type { Totals } from '#signals/records.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { until } from '#test/support/wait.ts';

export interface ChildPlan {
  readonly name: string;
  readonly directory: string;
  readonly config: KafkaJournalConfig;
  /**
   * For negative controls. `ack`: takes a record for confirmed when it is handed
   * in. `cursor`: keeps what it read and forgets how far it was.
   */
  readonly breaks: 'ack' | 'cursor' | undefined;
}

/** A line of the sender's file; milliseconds since 1970. */
export type Sent = readonly ['sent' | 'acked', id: string, atMs: number];

/** A line of the consumer's file. */
export interface Kept {
  readonly ids: readonly string[];
  readonly cursor: Cursor;
}

const IN_FLIGHT = 16;
const PAUSE_MS = 2;
const INSTANCES = 7;
const OPEN_MS_MAX = 60_000;

async function load(plan: ChildPlan, writer: KafkaJournalWriter, signal: AbortSignal): Promise<void> {
  const file = join(plan.directory, 'sent.ndjson');
  const note = (what: Sent[0], id: string): void =>
    appendFileSync(file, `${JSON.stringify([what, id, Date.now()] satisfies Sent)}\n`);
  let count = 0;
  const one = async (): Promise<void> => {
    while (!signal.aborted) {
      count += 1;
      const id = `${plan.name}/${writer.producer.epoch}/${count}`;
      const body = bodyOf(id, count);
      note('sent', id);
      if (plan.breaks === 'ack') note('acked', id);
      const appended = writer.append({ kind: 'otlp-logs', tenant: 'default', items: 1 + (count % 5), body });
      await appended.then(
        () => plan.breaks !== 'ack' && note('acked', id),
        // Not confirmed: it may be there or not. The next has another id.
        () => sleep(100),
      );
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

function bodyOf(id: string, count: number): Uint8Array {
  return buildLogs({
    resource: { 'service.instance.id': `instance-${count % INSTANCES}` },
    logs: [{ nanos: 1n, body: `id=${id};${'x'.repeat(count % 500)}` }],
  });
}

async function consume(plan: ChildPlan, signal: AbortSignal): Promise<void> {
  const file = join(plan.directory, 'kept.ndjson');
  const registration: ConsumerRegistration = { name: `kills-${plan.name}`, onFull: 'refuse' };
  const stored = storedCursor(file);
  await using source = await openKafkaJournalSource({ clock: systemClock, config: plan.config });
  await runConsumer({
    source,
    registration,
    cursor: plan.breaks === 'cursor' ? NEW_CURSOR : stored,
    bytesMax: 20_000,
    clock: systemClock,
    signal,
    async handle({ records, cursor }) {
      const ids = records.map(
        ({ body }) => /id=([^;]*);/.exec(new TextDecoder().decode(body))?.[1] ?? 'none',
      );
      appendFileSync(file, `${JSON.stringify({ ids, cursor } satisfies Kept)}\n`);
      await source.reportCursor(registration, cursor);
    },
  });
}

/** A batch that was given up may stand in the topic: the writer's next session looks. */
async function totals(writer: KafkaJournalWriter): Promise<Totals> {
  await until('the writer to be open', () => writer.status().state === 'open', { timeoutMs: OPEN_MS_MAX });
  return writer.status().accepted;
}

/** Of the last whole line; half a line is what a kill left and never was. */
function storedCursor(file: string): Cursor {
  if (!existsSync(file)) return NEW_CURSOR;
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf('\n') + 1;
  truncateSync(file, end);
  const last = bytes.subarray(0, end).toString().trimEnd().split('\n').at(-1) ?? '';
  return last === '' ? NEW_CURSOR : (JSON.parse(last) as Kept).cursor;
}

const plan = JSON.parse(process.argv[2] ?? '{}') as ChildPlan;
const loading = new AbortController();
const consuming = new AbortController();
const writer = await openKafkaJournal({
  disk: systemDisk,
  clock: systemClock,
  random: systemRandom,
  directory: join(plan.directory, 'journal'),
  config: plan.config,
});
const running = [load(plan, writer, loading.signal), consume(plan, consuming.signal)];
process.once('disconnect', () => process.exit(0));
process.on('message', (word) => {
  if (word === 'quiet') {
    loading.abort();
    void running[0]?.then(async () => process.send?.(await totals(writer)));
  } else {
    consuming.abort();
    void Promise.all(running).then(async () => {
      await writer[Symbol.asyncDispose]();
      process.disconnect();
    });
  }
});
process.send?.('ready');
