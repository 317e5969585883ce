/** What the journal on Kafka does beyond the contract: splitting, several writers, groups, brokers that are away. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sleep } from '#base/clock.ts';
import { isCoded } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournalSource, type KafkaJournalSource } from '#journal/kafka/source.ts';
import { openKafkaJournal, type KafkaJournalWriter } from '#journal/kafka/writer.ts';
import type { Cursor, JournalRecord, SharedBatch, SharedReader } from '#journal/ports.ts';
import { assertCode, draft, nextOf, residual, STORE, textOf } from '#test/contract/journal-backend.ts';
import { NO_ITEMS } from '#signals/records.ts';
import type { Engine } from '#test/engines/engine.ts';
import { kafkaConfig } from '#test/engines/kafka-journal.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { promptly } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

const CLOSED_PORT = '127.0.0.1:1';
/** Less than the three seconds for which a writer that has hope waits for what is under way. */
const CLOSE_MS_MAX = 2000;
/** Less than the half minute for which a group waits for a member's last batch. */
const STOP_MS_MAX = 15_000;

export function kafkaJournalTests(kafka: Engine): void {
  void describe('the journal on Kafka, beyond the contract', () => {
    void test('a large request is split, each part a record', () => withWorld(kafka, splits));
    void test('several writers count for themselves, and one cursor takes all', () =>
      withWorld(kafka, mixes));
    void test('members of a group divide the partitions, and repeat nothing', () => withWorld(kafka, shares));
    void test('a member that lost its partition cannot commit', () => withWorld(kafka, fences));
    void test('a member that stops does not wait for the others', () => withWorld(kafka, stops));
    void test('journals on two topics of one Kafka share no work', () =>
      withWorld(kafka, (one) => withWorld(kafka, (two) => keepsApart(one, two))));
    void test('a batch that was not committed comes again', () => withWorld(kafka, comesAgain));
    void test('whoever has a partition next knows what was announced', () => withWorld(kafka, announces));
    void test('what is promised is what the topic keeps', () => withWorld(kafka, promises));
    void test('without brokers it opens, refuses by code, and closes at once', (t) =>
      promptly(t, 'closed', CLOSE_MS_MAX, withoutBrokers));
  });
}

interface World {
  readonly config: KafkaJournalConfig;
  readonly openWriter: (name?: string) => Promise<KafkaJournalWriter>;
  readonly source: KafkaJournalSource;
}

async function withWorld(kafka: Engine, body: (world: World) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const config = kafkaConfig(kafka);
    await using source = await openKafkaJournalSource({ clock: systemClock, config });
    await body({ config, source, openWriter: (name = 'one') => openWriter(join(folder, name), config) });
  });
}

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-kafka-journal-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function openWriter(directory: string, config: KafkaJournalConfig): Promise<KafkaJournalWriter> {
  return openKafkaJournal({ disk: systemDisk, clock: systemClock, random: systemRandom, directory, config });
}

function logsOf(instance: string, texts: readonly string[]): Uint8Array {
  const logs = texts.map((body) => ({ nanos: 1n, body }));
  return buildLogs({ resource: { 'service.instance.id': instance }, logs });
}

async function readUntil(
  source: KafkaJournalSource,
  items: number,
): Promise<{ records: JournalRecord[]; cursor: Cursor }> {
  await using reader = await source.open({ cursor: NEW_CURSOR, consumer: STORE });
  const records: JournalRecord[] = [];
  let cursor = NEW_CURSOR;
  while (cursor.delivered['otlp-logs'] < items) {
    const advanced = advance(cursor, await nextOf(systemClock, reader, { bytesMax: 2 ** 20, waitMs: 5000 }));
    assert.ok(advanced.records.length > 0, `only ${cursor.delivered['otlp-logs']} of ${items} came`);
    records.push(...advanced.records);
    ({ cursor } = advanced);
  }
  return { records, cursor };
}

async function splits({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  const texts = Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(10_000, 'x'));
  const body = logsOf('i', texts);
  await writer.append({ kind: 'otlp-logs', tenant: 't', items: 300, body });
  const { records, cursor } = await readUntil(source, 300);
  assert.equal(records.length, 4);
  assert.equal(new Set(records.map(({ partition }) => partition)).size, 1);
  assert.ok(
    records.every((record) => record.body.length <= 900_000 && countItems(record.body) === record.items),
  );
  assert.deepEqual(residual(cursor), NO_ITEMS);
  const large = logsOf('i', ['x'.repeat(2 ** 20)]);
  await assertCode(
    writer.append({ kind: 'otlp-logs', tenant: 't', items: 1, body: large }),
    'PLIM_BODY_TOO_LARGE',
  );
}

async function mixes({ openWriter: open, source }: World): Promise<void> {
  await using one = await open('one');
  await using two = await open('two');
  const appends = Array.from({ length: 100 }, (_, index) =>
    (index % 2 === 0 ? one : two).append({
      kind: 'otlp-logs',
      tenant: 't',
      items: 1,
      body: logsOf(`i${index % 5}`, [String(index)]),
    }),
  );
  await Promise.all(appends);
  const { records, cursor } = await readUntil(source, 100);
  assert.equal(new Set(records.map(({ id }) => `${id.node}/${id.sequence}`)).size, 100);
  assert.ok(new Set(records.map(({ partition }) => partition)).size > 1, 'keys spread over the partitions');
  assert.deepEqual([residual(cursor), cursor.dropped], [NO_ITEMS, {}]);
  assert.equal(
    cursor.accepted['otlp-logs'],
    one.status().accepted['otlp-logs'] + two.status().accepted['otlp-logs'],
  );
}

/** One member that commits each batch, until it is told to leave. */
function member(
  reader: SharedReader,
  texts: string[],
  cursors: Map<number, Cursor>,
  signal: AbortSignal,
): Promise<void> {
  return (async () => {
    while (!signal.aborted) {
      const batch = await nextShared(reader, { bytesMax: 2000, waitMs: 200, signal });
      if (batch === undefined) continue;
      texts.push(...batch.records.map(textOf));
      cursors.set(batch.partition, batch.cursor);
      assert.ok(await batch.commit(), 'the partition is its own until it asks for more');
    }
    await reader[Symbol.asyncDispose]();
  })();
}

async function shares({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  const texts: string[] = [];
  const cursors = new Map<number, Cursor>();
  const loading = new AbortController();
  let sent = 0;
  const load = (async () => {
    for (; !loading.signal.aborted; sent += 1) {
      const body = logsOf(`i${sent % 9}`, [`<${sent}>`]);
      await writer.append({ kind: 'otlp-logs', tenant: 't', items: 1, body });
    }
  })();
  const stops = [new AbortController(), new AbortController(), new AbortController()];
  const assigned: number[][] = [[], [], []];
  const running: Promise<void>[] = [];
  for (const [index, stop] of stops.entries()) {
    const reader = await source.openShared({
      consumer: STORE,
      onAssigned: (given) => (assigned[index] = [...given]),
    });
    running.push(member(reader, texts, cursors, stop.signal));
    await waitFor(() => assigned.slice(0, index + 1).every((given) => given.length > 0));
  }
  assert.deepEqual(new Set(assigned.flat()), new Set([0, 1, 2]));
  stops[0]?.abort();
  await running[0];
  await waitFor(() => [...(assigned[1] ?? []), ...(assigned[2] ?? [])].length === 3);
  loading.abort();
  await load;
  await waitFor(() => texts.length >= sent);
  for (const stop of stops) stop.abort();
  await Promise.all(running);
  const numbers = texts.map((text) => Number(/<(\d+)>/.exec(text)?.[1])).toSorted((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: sent }, (_, index) => index),
  );
  for (const cursor of cursors.values()) assert.deepEqual([residual(cursor), cursor.dropped], [NO_ITEMS, {}]);
}

async function fences({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  await writer.append(draft('held'));
  await using slow = await source.openShared({ consumer: STORE, rebalanceMs: 500 });
  const held = await batchOf(slow);
  await using other = await source.openShared({ consumer: STORE, rebalanceMs: 500 });
  const taken = await batchOf(other);
  assert.deepEqual(taken.records.map(textOf), ['held']);
  assert.equal(await held.announce(), false, 'it must have no effect any more');
  assert.equal(await held.commit(), false);
  assert.deepEqual([held.leaving.aborted, held.lost.aborted, taken.lost.aborted], [true, true, false]);
  assert.equal(await taken.commit(), true);
}

/** Who holds a batch may take half a minute, and all who join wait for it. */
async function stops({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  await writer.append(draft('held'));
  await using slow = await source.openShared({ consumer: STORE });
  await batchOf(slow);
  const other = await source.openShared({ consumer: STORE });
  const stop = new AbortController();
  const waiting = other.next({ bytesMax: 1000, waitMs: 60_000, signal: stop.signal });
  await sleep(systemClock, 1000);
  const stoppedMs = systemClock.monotonicMs();
  stop.abort();
  assert.equal(await waiting, undefined);
  await other[Symbol.asyncDispose]();
  const tookMs = systemClock.monotonicMs() - stoppedMs;
  assert.ok(tookMs < STOP_MS_MAX, `${tookMs} ms`);
}

async function keepsApart(...worlds: readonly World[]): Promise<void> {
  const readers: SharedReader[] = [];
  for (const [index, { openWriter: open, source }] of worlds.entries()) {
    await using writer = await open();
    await writer.append(draft(`of ${index}`));
    readers.push(await source.openShared({ consumer: STORE }));
  }
  const batches = await Promise.all(readers.map(batchOf));
  assert.deepEqual(
    batches.map(({ records }) => records.map(textOf)),
    [['of 0'], ['of 1']],
  );
  for (const reader of readers) {
    assert.deepEqual(reader.share().partitions, [0, 1, 2]);
    await reader[Symbol.asyncDispose]();
  }
}

async function comesAgain({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  await writer.append(draft('once more'));
  await using reader = await source.openShared({ consumer: STORE });
  await batchOf(reader);
  const again = await batchOf(reader);
  assert.deepEqual(again.records.map(textOf), ['once more']);
  assert.equal(await again.commit(), true);
  assert.equal(await reader.next({ bytesMax: 1000, waitMs: 300 }), undefined);
}

async function announces({ openWriter: open, source }: World): Promise<void> {
  await using writer = await open();
  const isAnnounced = ({ records, announced }: SharedBatch): readonly boolean[] =>
    records.map(({ offset }) => offset < announced);
  await writer.append(draft('old'));
  const first = await source.openShared({ consumer: STORE });
  const old = await batchOf(first);
  assert.deepEqual(isAnnounced(old), [true], 'of a group that knows nothing anything may have been sent');
  await old.commit();
  await writer.append(draft('half done'));
  const half = await batchOf(first);
  assert.deepEqual(isAnnounced(half), [false], 'it came after the start');
  assert.equal(await half.announce(), true);
  await first[Symbol.asyncDispose]();
  await using second = await source.openShared({ consumer: STORE });
  const again = await batchOf(second);
  assert.deepEqual([again.records.map(textOf), isAnnounced(again)], [['half done'], [true]]);
  assert.deepEqual(second.share().partitions, [0, 1, 2]);
  await again.commit();
  await writer.append(draft('new'));
  const fresh = await batchOf(second);
  assert.deepEqual(isAnnounced(fresh), [false]);
  assert.equal(second.share().cursor.delivered['otlp-logs'], 6);
  assert.ok((await second.lag()).bytes >= 0);
}

async function promises({ openWriter: open, config }: World): Promise<void> {
  await using writer = await open();
  // A source asks once; where it makes the topic itself, too soon at times.
  await using source = await openKafkaJournalSource({ clock: systemClock, config });
  for (const { capabilities } of [writer, source]) {
    assert.match(capabilities.durability, /one broker .*not a power cut/);
    assert.equal(capabilities.survivesDiskLoss, false);
    assert.equal(capabilities.partitions, 3);
  }
}

/** Resolves with what closing took, in milliseconds. */
async function withoutBrokers(): Promise<number> {
  return inFolder(async (folder) => {
    const config = { ...kafkaConfig({ url: CLOSED_PORT }), timeoutMs: 1000 };
    const writer = await openWriter(folder, config);
    assert.equal(writer.status().state, 'failed');
    await assertCode(writer.append(draft('x')), 'PLIM_JOURNAL_FAILED');
    await using source = await openKafkaJournalSource({ clock: systemClock, config });
    const reader = await source.open({ cursor: NEW_CURSOR, consumer: STORE });
    await assert.rejects(
      reader.next({ bytesMax: 1000, waitMs: 100 }),
      (error) => isCoded(error, 'PLIM_STORE_UNAVAILABLE') && error.canRetry,
    );
    const startMs = performance.now();
    await reader[Symbol.asyncDispose]();
    await writer[Symbol.asyncDispose]();
    const tookMs = performance.now() - startMs;
    await assertCode(writer.append(draft('x')), 'PLIM_JOURNAL_CLOSED');
    return tookMs;
  });
}

/** A coordinator that has just been chosen says for a moment that it is none. */
async function nextShared(
  reader: SharedReader,
  options: Parameters<SharedReader['next']>[0],
): Promise<SharedBatch | undefined> {
  try {
    return await reader.next(options);
  } catch (error) {
    if (isCoded(error, 'PLIM_STORE_UNAVAILABLE')) return undefined;
    throw error;
  }
}

async function batchOf(reader: SharedReader): Promise<SharedBatch> {
  for (let tries = 0; tries < 100; tries += 1) {
    const batch = await nextShared(reader, { bytesMax: 1000, waitMs: 200 });
    if (batch !== undefined) return batch;
  }
  throw new Error('no batch came');
}

async function waitFor(check: () => boolean): Promise<void> {
  await until('the members', check, { timeoutMs: 40_000, everyMs: 20 });
}
