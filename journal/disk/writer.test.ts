import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { SimulatedDisk, type DiskFault, type DiskOperation } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import type { RecordDraft } from '#journal/ports.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';

test('a write that finds no space leaves no trace, and the door opens again by itself', async () => {
  const run = await start();
  await run.writer.append(draft(100));
  const { committed, segment } = run.last();
  // As a disk that fills up does it: a short write first, the error after it.
  run.faults.push({ operation: 'write', fault: 'short' }, { operation: 'write', fault: 'ENOSPC' });
  await refused(run.writer, 'PLIM_JOURNAL_FULL');
  assert.equal(run.writer.status().state, 'full');
  assert.equal(run.disk.sizeOf(segment), committed, 'truncated to the last good offset');
  await refused(run.writer, 'PLIM_JOURNAL_FULL');
  await run.clock.advanceAsync(200);
  assert.equal(run.writer.status().state, 'open');
  await run.writer.append(draft(100));
  assert.equal(run.last().segment, segment, 'the segment was not at fault');
});

test('after a failed sync the segment is not touched again', async () => {
  const run = await start();
  await run.writer.append(draft(100));
  const before = run.last();
  run.faults.push({ operation: 'dataSync', fault: 'EIO' });
  await refused(run.writer, 'PLIM_JOURNAL_FAILED');
  run.touched.length = 0;
  const next = await run.writer.append(draft(100));
  const touches = run.touched.filter(({ operation }) => operation === 'write' || operation === 'dataSync');
  assert.ok(touches.length > 0 && touches.every(({ path }) => path !== handleOf(before.segment)));
  assert.equal(next.id.sequence, 3, 'the number of the refused record is not used again');
  assert.equal(run.writer.status().failedSyncs, 1);
  assert.equal(run.writer.status().state, 'open');
  assert.equal(run.writer.status().accepted['otlp-logs'], 2);
});

test('after a failed write the segment is not touched again', async () => {
  const run = await start();
  await run.writer.append(draft(100));
  const before = run.last();
  run.faults.push({ operation: 'write', fault: 'EIO' });
  await refused(run.writer, 'PLIM_JOURNAL_FAILED');
  run.touched.length = 0;
  await run.writer.append(draft(100));
  assert.ok(
    run.touched.every(({ operation, path }) => operation !== 'write' || path !== handleOf(before.segment)),
  );
});

test('when no fresh segment can be had, appends are refused until one can', async () => {
  const run = await start();
  run.faults.push(
    { operation: 'dataSync', fault: 'EIO' },
    { operation: 'dataSync', fault: 'EIO' },
    { operation: 'dataSync', fault: 'EIO' },
  );
  await refused(run.writer, 'PLIM_JOURNAL_FAILED');
  await run.clock.advanceAsync(10);
  assert.equal(run.writer.status().state, 'failed');
  await refused(run.writer, 'PLIM_JOURNAL_FAILED');
  await run.clock.advanceAsync(400);
  assert.equal(run.writer.status().state, 'open');
  await run.writer.append(draft(100));
});

test('a full disk does not stop a start', async () => {
  const clock = new SimulatedClock();
  const disk = new SimulatedDisk({ random: seededRandom(1), bytesMax: 10 });
  const random = seededRandom(2);
  const config = DEFAULT_JOURNAL_CONFIG;
  const writer = await openDiskJournal({ disk, clock, random, directory: 'd/journal', config });
  assert.equal(writer.status().state, 'full');
  await refused(writer, 'PLIM_JOURNAL_FULL');
  await writer[Symbol.asyncDispose]();
  assert.equal(clock.nextDueMs(), undefined, 'no timer is left');
});

test('too large and too much are refused by their codes', async () => {
  const { writer } = await start({ recordBytesMax: 1000, queueBytesMax: 1500 });
  await assert.rejects(writer.append(draft(1001)), (error) => isCoded(error, 'PLIM_BODY_TOO_LARGE'));
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => writer.append(draft(1000))));
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  assert.ok(reasons.length > 0 && reasons.every((reason) => isCoded(reason, 'PLIM_OVERLOADED')));
});

// -- helpers ------------------------------------------------------------------

interface Planned {
  readonly operation: DiskOperation;
  readonly fault: DiskFault;
}

async function start(config: Partial<typeof DEFAULT_JOURNAL_CONFIG> = {}): Promise<{
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly writer: DiskJournalWriter;
  readonly faults: Planned[];
  readonly touched: { readonly operation: DiskOperation; readonly path: string }[];
  readonly last: () => { readonly committed: number; readonly segment: string };
}> {
  const clock = new SimulatedClock();
  const faults: Planned[] = [];
  const touched: { operation: DiskOperation; path: string }[] = [];
  const fault = (operation: DiskOperation, path: string): DiskFault | undefined => {
    // The hint is written beside every commit and not what is tested here.
    if (path.endsWith('/committed')) return undefined;
    touched.push({ operation, path });
    return faults[0]?.operation === operation ? faults.shift()?.fault : undefined;
  };
  const disk = new SimulatedDisk({ random: seededRandom(1), fault });
  const writer = await openDiskJournal({
    disk,
    clock,
    random: seededRandom(2),
    directory: 'd/journal',
    config: { ...DEFAULT_JOURNAL_CONFIG, ...config },
  });
  const last = (): { committed: number; segment: string } => {
    const path = disk.paths().findLast((candidate) => candidate.endsWith('.segment')) ?? '';
    return { committed: writer.committed(), segment: path };
  };
  return { clock, disk, writer, faults, touched, last };
}

/** The simulated disk names a handle by what it was opened as; a segment begins as `NAME.tmp`. */
function handleOf(segment: string): string {
  return `${segment}.tmp`;
}

function draft(length: number): RecordDraft {
  return { kind: 'otlp-logs', tenant: 'default', items: 1, body: new Uint8Array(length) };
}

async function refused(
  writer: DiskJournalWriter,
  code: 'PLIM_JOURNAL_FULL' | 'PLIM_JOURNAL_FAILED',
): Promise<void> {
  await assert.rejects(writer.append(draft(100)), (error) => isCoded(error, code) && error.canRetry);
}
