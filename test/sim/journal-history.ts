/**
 * One history of the disk journal on a simulated disk: appends in groups,
 * faults, crashes at any operation, crashes during recovery, a consumer that
 * crashes too; at the end everything works again and the books are checked.
 */
import type { Disk, DiskFile } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import {
  SimulatedCrash,
  SimulatedDisk,
  type DiskFault,
  type DiskOperation,
  type SimulatedDiskOptions,
} from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { producerKey } from '#signals/ids.ts';
import { NO_ITEMS, RECORD_KINDS, subtractTotals, sumTotals, type Totals } from '#signals/records.ts';
import type { JournalConfig } from '#journal/config.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import { MessageCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  JournalRecord,
  JournalSource,
} from '#journal/ports.ts';

const DIRECTORY = 'data/journal';
const CONSUMER: ConsumerRegistration = { name: 'store', onFull: 'refuse' };

/** What was found wrong in a history; the sentence says which promise is broken. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export interface HistoryCounts {
  readonly acknowledged: number;
  readonly refused: number;
  readonly crashes: number;
  readonly operations: number;
}

/** Between the journal and the disk; a negative control puts a broken one here. */
export type DiskWrapper = (disk: Disk) => Disk;

/** @throws BrokenPromise */
export async function runHistory(seed: number, wrap: DiskWrapper = (disk) => disk): Promise<HistoryCounts> {
  const history = new History(seed, wrap);
  const runs = 1 + history.random.below(4);
  for (let run = 0; run < runs; run += 1) await history.troubledRun();
  await history.lastRun();
  return history.counts();
}

/** The consumer's durable state: its data and its cursor change in one step. */
interface StoredState {
  readonly cursor: Cursor;
  readonly seenCount: number;
}

/** A consumer that is running: what it holds beyond its durable state dies with it. */
interface LiveConsumer {
  readonly reader: JournalReader;
  cursor: Cursor;
}

interface Run {
  live: LiveConsumer | undefined;
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly writer: DiskJournalWriter;
  readonly source: JournalSource;
  readonly committed: MessageCommitted;
}

class History {
  readonly random: Random;
  readonly #wrap: DiskWrapper;
  readonly #config: JournalConfig;
  readonly #acknowledged = new Set<number>();
  readonly #seen: number[] = [];
  #stored: StoredState = { cursor: NEW_CURSOR, seenCount: 0 };
  #disk: SimulatedDisk;
  #nextTag = 1;
  #refused = 0;
  #crashes = 0;
  #operations = 0;
  #wallMs = 1_700_000_000_000;

  constructor(seed: number, wrap: DiskWrapper) {
    this.random = seededRandom(seed);
    this.#wrap = wrap;
    this.#config = randomConfig(this.random);
    this.#disk = new SimulatedDisk({ random: this.random });
  }

  counts(): HistoryCounts {
    return {
      acknowledged: this.#acknowledged.size,
      refused: this.#refused,
      crashes: this.#crashes,
      operations: this.#operations,
    };
  }

  async troubledRun(): Promise<void> {
    const run = await this.#start(true);
    if (run !== undefined) {
      const rounds = 1 + this.random.below(4);
      for (let round = 0; round < rounds && !run.disk.isDown; round += 1) {
        await this.#appendGroup(run);
        if (this.random.below(2) === 0) await this.#consume(run);
        if (this.random.below(3) === 0) await pass(run.clock, this.random.below(8000));
      }
      if (this.random.below(4) === 0) await run.writer[Symbol.asyncDispose]();
    }
    this.#operations += this.#disk.operations;
    this.#crashes += 1;
  }

  /** Nothing fails any more: what was promised must be there. */
  async lastRun(): Promise<void> {
    const run = await this.#start(false);
    if (run === undefined) throw new BrokenPromise('the journal does not start on a healthy disk');
    await this.#consumeAll(run);
    run.writer.updateConsumer(CONSUMER, this.#stored.cursor);
    const fresh = await this.#append(run.writer);
    if (fresh === undefined) throw new BrokenPromise('a fresh event is refused though everything is read');
    await this.#consumeAll(run);
    this.#check(run.writer);
    await run.writer[Symbol.asyncDispose]();
    this.#operations += this.#disk.operations;
  }

  async #start(isTroubled: boolean): Promise<Run | undefined> {
    const { random } = this;
    const options = isTroubled ? new Trouble(random) : { random };
    this.#disk = this.#disk.restart(random.below(2) === 0 ? 'kill' : 'power', options);
    this.#wallMs += 60_000;
    const clock = new SimulatedClock(this.#wallMs);
    const committed = new MessageCommitted(clock);
    const place = { disk: this.#wrap(this.#disk), clock, directory: DIRECTORY };
    try {
      const writer = await openDiskJournal({
        ...place,
        random,
        config: this.#config,
        consumers: [CONSUMER],
        onCommit: (offset) => committed.set(offset),
      });
      this.#checkStart(writer);
      const source = openDiskJournalSource({ ...place, committed });
      this.#seen.length = this.#stored.seenCount;
      return { live: undefined, clock, disk: this.#disk, writer, source, committed };
    } catch (error) {
      if (error instanceof BrokenPromise || !isTroubled || !isOfTheDisk(error)) throw error;
      return undefined;
    }
  }

  /** What a consumer has made durable, the journal must not have forgotten. */
  #checkStart(writer: DiskJournalWriter): void {
    const position = this.#stored.cursor.position['0'] ?? 0;
    if (writer.status().state === 'open' && writer.committed() < position)
      throw new BrokenPromise(
        `the journal ends at ${writer.committed()}, a consumer has read to ${position}`,
      );
  }

  async #appendGroup(run: Run): Promise<void> {
    const size = 1 + this.random.below(4);
    await Promise.all(Array.from({ length: size }, () => this.#append(run.writer)));
  }

  async #append(writer: DiskJournalWriter): Promise<number | undefined> {
    const tag = this.#nextTag;
    this.#nextTag += 1;
    const kind = RECORD_KINDS[this.random.below(RECORD_KINDS.length)] ?? 'otlp-logs';
    const body = bodyOf(tag, randomLength(this.random));
    try {
      await writer.append({ kind, tenant: 'default', items: 1 + (tag % 5), body });
      this.#acknowledged.add(tag);
      return tag;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'CodedError') throw error;
      this.#refused += 1;
      return undefined;
    }
  }

  /** The consumer reads a little: a new one from its durable state, or the one of before. */
  async #consume(run: Run, isLast = false): Promise<boolean> {
    const before = this.#stored;
    try {
      if (run.live === undefined || isLast || this.random.below(3) === 0) await this.#reopen(run);
      await this.#readBatches(run, present(run.live, 'it was opened'), isLast);
    } catch (error) {
      if (isLast || !isOfTheDisk(error)) throw error;
      // It dies with what it had not made durable.
      run.live = undefined;
    }
    return this.#stored !== before;
  }

  async #reopen(run: Run): Promise<void> {
    const closing = run.live?.reader;
    run.live = undefined;
    await closing?.[Symbol.asyncDispose]();
    this.#seen.length = this.#stored.seenCount;
    const { cursor } = this.#stored;
    run.live = { reader: await run.source.open({ cursor, consumer: CONSUMER }), cursor };
  }

  async #readBatches(run: Run, live: LiveConsumer, isLast: boolean): Promise<void> {
    for (let left = isLast ? 1000 : 1 + this.random.below(3); left > 0; left -= 1) {
      const batch = await live.reader.next({ bytesMax: 64 + this.random.below(2000), waitMs: 0 });
      if (batch.records.length === 0 && Object.keys(batch.lost).length === 0) return;
      const advanced = advance(live.cursor, batch);
      for (const record of advanced.records) this.#see(record);
      live.cursor = advanced.cursor;
      // A consumer may seal several batches at once, and die before it does.
      if (!isLast && this.random.below(3) === 0) continue;
      this.#stored = { cursor: live.cursor, seenCount: this.#seen.length };
      if (this.random.below(2) === 0) await run.source.reportCursor(CONSUMER, live.cursor);
    }
  }

  async #consumeAll(run: Run): Promise<void> {
    while (await this.#consume(run, true)) {
      // Until nothing is left.
    }
  }

  #see(record: JournalRecord): void {
    const tag = tagOf(record.body);
    if (tag === undefined || record.items !== 1 + (tag % 5) || record.tenant !== 'default')
      throw new BrokenPromise(`record ${producerKey(record.id)}/${record.id.sequence} is not what was sent`);
    this.#seen.push(tag);
  }

  #check(writer: DiskJournalWriter): void {
    const seen = new Set(this.#seen);
    if (seen.size !== this.#seen.length) throw new BrokenPromise('a record was seen twice');
    for (const tag of this.#acknowledged)
      if (!seen.has(tag)) throw new BrokenPromise(`acknowledged record ${tag} is lost`);
    const { cursor } = this.#stored;
    const { accepted } = writer.status();
    const dropped = Object.values(cursor.dropped).reduce<Totals>(sumTotals, NO_ITEMS);
    const residual = subtractTotals(accepted, sumTotals(cursor.delivered, dropped));
    if (RECORD_KINDS.some((kind) => residual[kind] !== 0))
      throw new BrokenPromise(`accepted - delivered - dropped is ${JSON.stringify(residual)}`);
    if (RECORD_KINDS.some((kind) => cursor.accepted[kind] !== accepted[kind]))
      throw new BrokenPromise('the cursor and the journal differ in what was accepted');
    if (cursor.dropped['retention'] !== undefined)
      throw new BrokenPromise('something was deleted that a refuse consumer had not read');
  }
}

function randomConfig(random: Random): JournalConfig {
  return {
    bytesMax: random.below(3) === 0 ? 12_000 : 1_000_000,
    segmentBytes: 600 + random.below(3000),
    ageMaxMs: 3_600_000,
    ageMinMs: random.below(2) === 0 ? 0 : 900_000,
    commitBytesMax: 300 + random.below(3000),
    recordBytesMax: 4096,
    queueBytesMax: 1_000_000,
    backlogBytesMax: Number.MAX_SAFE_INTEGER,
  };
}

/** Faults at a rate of the history's own, and a crash, often right after a failed sync. */
class Trouble implements SimulatedDiskOptions {
  readonly random: Random;
  readonly bytesMax: number;
  readonly #rate: number;
  readonly #isSyncOnly: boolean;
  #crashAt: number;
  #asked = 0;

  constructor(random: Random) {
    this.random = random;
    this.#rate = [0, 0, 0.01, 0.05, 0.2][random.below(5)] ?? 0;
    this.#isSyncOnly = random.below(3) === 0;
    this.bytesMax = random.below(4) === 0 ? 500 + random.below(9000) : Number.MAX_SAFE_INTEGER;
    const isLong = random.below(2) === 0;
    this.#crashAt = random.below(4) === 0 ? Number.POSITIVE_INFINITY : 1 + random.below(isLong ? 160 : 40);
  }

  get crashAt(): number {
    return this.#crashAt;
  }

  readonly fault = (operation: DiskOperation): DiskFault | undefined => {
    this.#asked += 1;
    if (this.random.float() >= this.#rate) return undefined;
    if (this.#isSyncOnly && operation !== 'dataSync') return undefined;
    const fault = this.#isSyncOnly ? 'EIO' : (['EIO', 'ENOSPC', 'short'] as const)[this.random.below(3)];
    if (operation === 'dataSync' && this.random.below(2) === 0)
      this.#crashAt = Math.min(this.#crashAt, this.#asked + 1 + this.random.below(8));
    return fault;
  };
}

/** Often equal, so that what a failed commit left behind can look like a record in its place. */
function randomLength(random: Random): number {
  const choice = random.below(4);
  if (choice < 2) return 50;
  return choice === 2 ? random.below(200) : random.below(2500);
}

/** `tag`, its length and bytes that follow from it: what comes back can be checked whole. */
function bodyOf(tag: number, length: number): Uint8Array {
  const body = new Uint8Array(4 + length);
  new DataView(body.buffer).setUint32(0, tag, true);
  for (let at = 4; at < body.length; at += 1) body[at] = (tag * 31 + at) & 0xff;
  return body;
}

function tagOf(body: Uint8Array): number | undefined {
  if (body.length < 4) return undefined;
  const tag = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  for (let at = 4; at < body.length; at += 1) if (body[at] !== ((tag * 31 + at) & 0xff)) return undefined;
  return tag;
}

function isOfTheDisk(error: unknown): boolean {
  return (
    error instanceof SimulatedCrash || (error instanceof Error && 'code' in error && error.code !== undefined)
  );
}

/** Time passes; what the timers started gets to run. */
async function pass(clock: SimulatedClock, byMs: number): Promise<void> {
  clock.advance(byMs);
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

// -- negative controls --------------------------------------------------------

/** A disk whose syncs do nothing: what many systems do by default. */
export function withoutSync(disk: Disk): Disk {
  return wrapFiles(disk, async () => {}, true);
}

/** Tries a failed sync once more and believes the second answer. */
export function withSyncRetried(disk: Disk): Disk {
  return wrapFiles(disk, async (file) => {
    try {
      await file.dataSync();
    } catch (error) {
      if (error instanceof SimulatedCrash) throw error;
      await file.dataSync();
    }
  });
}

function wrapFiles(disk: Disk, dataSync: (file: DiskFile) => Promise<void>, skipsDirs = false): Disk {
  return {
    open: async (path, mode) => {
      const file = await disk.open(path, mode);
      return {
        size: () => file.size(),
        read: (target, position) => file.read(target, position),
        write: (chunks, position) => file.write(chunks, position),
        dataSync: () => dataSync(file),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
      };
    },
    list: (dir) => disk.list(dir),
    makeDir: (dir) => disk.makeDir(dir),
    remove: (path) => disk.remove(path),
    rename: (source, target) => disk.rename(source, target),
    syncDir: (dir) => (skipsDirs ? Promise.resolve() : disk.syncDir(dir)),
    readFile: (path) => disk.readFile(path),
    freeBytes: (dir) => disk.freeBytes(dir),
  };
}

/** For assertion messages. */
export function describe(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : errorText(error);
}
