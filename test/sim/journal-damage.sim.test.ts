/**
 * Bit rot: one changed byte anywhere in a journal folder. It starts always,
 * what is read is what was sent, at most one record is gone, and a record that
 * is gone is counted.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '#base/random.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { NO_ITEMS, subtractTotals, sumTotals, type Totals } from '#signals/records.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import { MessageCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import type { Cursor } from '#journal/ports.ts';

const DIRECTORY = 'data/journal';
const CONSUMER = { name: 'store', onFull: 'refuse' } as const;
const RECORDS = 30;
const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** One byte in this many is tried; a scale of 10 tries them all. */
const STRIDE = Math.max(1, Math.round(10 / Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1)));

test(`one changed byte costs one record at most, counted (seed ${SEED})`, async (t) => {
  const sizes = await fileSizes(seededRandom(SEED));
  let flips = 0;
  let losses = 0;
  for (const [path, size] of sizes) {
    for (let position = SEED % STRIDE; position < size; position += STRIDE) {
      const lost = await flip(path, position);
      flips += 1;
      losses += lost;
    }
  }
  t.diagnostic(`${flips} flips in ${sizes.length} files cost ${losses} records`);
  assert.ok(flips > 50 && losses > 0, `the test reaches something (seed ${SEED})`);
});

/** Records that are gone after the flip: 0 or 1. */
async function flip(path: string, position: number): Promise<number> {
  const where = `PLIMSOLL_SEED=${SEED}, ${path} byte ${position}`;
  const random = seededRandom(SEED);
  const disk = (await written(random)).restart(position % 2 === 0 ? 'kill' : 'power');
  disk.corrupt(path, position, 1 << random.below(8));
  const run = await open(disk, random);
  await run.writer.append({ kind: 'otlp-logs', tenant: 'default', items: 1, body: bodyOf(RECORDS) });
  const { tags, cursor } = await readAll(run);
  const { accepted, corruptRecords } = run.writer.status();
  await run.writer[Symbol.asyncDispose]();
  const expected = Array.from({ length: RECORDS + 1 }, (_, tag) => tag);
  const missing = expected.filter((tag) => !tags.includes(tag));
  assert.deepEqual(
    tags,
    expected.filter((tag) => !missing.includes(tag)),
    `${where}: order and content`,
  );
  assert.ok(missing.length <= 1, `${where}: ${missing.length} records are gone`);
  const dropped = Object.values(cursor.dropped).reduce<Totals>(sumTotals, NO_ITEMS);
  const residual = subtractTotals(accepted, sumTotals(cursor.delivered, dropped));
  assert.deepEqual(residual, NO_ITEMS, `${where}: the books balance`);
  const counted = dropped['otlp-logs'] === missing.length && run.damage() + corruptRecords >= missing.length;
  assert.ok(counted, `${where}: ${missing.length} gone, ${dropped['otlp-logs']} counted`);
  return missing.length;
}

/** A journal of two starts with several segments, closed in order. */
async function written(random: Random): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ random });
  for (let start = 0; start < 2; start += 1) {
    const { writer } = await open(disk, random);
    for (let tag = (start * RECORDS) / 2; tag < ((start + 1) * RECORDS) / 2; tag += 1)
      await writer.append({ kind: 'otlp-logs', tenant: 'default', items: 1, body: bodyOf(tag) });
    await writer[Symbol.asyncDispose]();
  }
  return disk;
}

async function fileSizes(random: Random): Promise<readonly (readonly [string, number])[]> {
  const disk = await written(random);
  return disk.paths().map((path) => [path, disk.sizeOf(path)] as const);
}

interface Opened {
  readonly writer: DiskJournalWriter;
  readonly read: () => ReturnType<typeof readFrom>;
  readonly damage: () => number;
}

async function open(disk: SimulatedDisk, random: Random): Promise<Opened> {
  const clock = new SimulatedClock();
  const committed = new MessageCommitted(clock);
  const config = { ...DEFAULT_JOURNAL_CONFIG, segmentBytes: 1500 };
  const place = { disk, clock, directory: DIRECTORY };
  const onCommit = (offset: number): void => committed.set(offset);
  const writer = await openDiskJournal({ ...place, random, config, onCommit });
  let damage = 0;
  const onDamage = (runs: number): void => void (damage += runs);
  const source = openDiskJournalSource({ ...place, committed, onDamage });
  return { writer, read: () => readFrom(source), damage: () => damage };
}

const readAll = (run: Opened): ReturnType<typeof readFrom> => run.read();

async function readFrom(
  source: ReturnType<typeof openDiskJournalSource>,
): Promise<{ readonly tags: readonly number[]; readonly cursor: Cursor }> {
  await using reader = await source.open({ cursor: NEW_CURSOR, consumer: CONSUMER });
  const tags: number[] = [];
  let cursor: Cursor = NEW_CURSOR;
  for (;;) {
    const batch = await reader.next({ bytesMax: 400, waitMs: 0 });
    if (batch.records.length === 0 && Object.keys(batch.lost).length === 0) return { tags, cursor };
    const advanced = advance(cursor, batch);
    for (const { body } of advanced.records) {
      const tag = body[0] ?? 0;
      assert.deepEqual(body, bodyOf(tag), 'a damaged body is never handed out');
      tags.push(tag);
    }
    cursor = advanced.cursor;
  }
}

function bodyOf(tag: number): Uint8Array {
  return Uint8Array.from({ length: 20 + 7 * tag }, (_, at) => (tag + at * 13 * (at > 0 ? 1 : 0)) & 0xff);
}
