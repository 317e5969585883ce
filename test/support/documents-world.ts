/**
 * The embedded documents store with a real journal in front of it: the journal
 * on the simulated disk, the store in a temporary folder (DuckDB needs a real
 * one). The store can be restarted, or killed in the middle of its disk work.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createMeter } from '#base/real/metrics.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { createCommittedCell, publishCommitted, SharedCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource, type DiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import type { RecordDraft } from '#journal/ports.ts';
import { DEFAULT_TENANT, type RecordId } from '#signals/ids.ts';
import type { RecordKind } from '#signals/records.ts';
import type { DocumentsConfig } from '#storage/embedded/documents/config.ts';
import {
  startDocuments,
  type DocumentsOptions,
  type DocumentsStore,
} from '#storage/embedded/documents/start.ts';

export const TEST_CONFIG: DocumentsConfig = {
  retentionMs: 24 * 3_600_000,
  retentionBytes: 2 ** 30,
  sealRows: 50_000,
  // Long enough that only the test seals.
  sealIntervalMs: 3_600_000,
  memoryLimitBytes: 128 * 2 ** 20,
};

const WAIT_MS_MAX = 20_000;

export interface TestRecord {
  readonly kind: RecordKind;
  readonly items: number;
  readonly body: Uint8Array;
}

export interface WorldOptions {
  readonly config?: Partial<DocumentsConfig>;
  readonly limits?: DocumentsOptions['limits'];
}

export class DocumentsWorld implements AsyncDisposable {
  readonly folder: string;
  readonly #journal: DiskJournalWriter;
  readonly #source: DiskJournalSource;
  readonly #options: WorldOptions;
  store: DocumentsStore;
  /** Items written so far, by which a replay is known to have ended. */
  #items = 0;

  private constructor(
    folder: string,
    journal: { readonly writer: DiskJournalWriter; readonly source: DiskJournalSource },
    store: DocumentsStore,
    options: WorldOptions,
  ) {
    this.folder = folder;
    this.#journal = journal.writer;
    this.#source = journal.source;
    this.store = store;
    this.#options = options;
  }

  static async open(options: WorldOptions = {}): Promise<DocumentsWorld> {
    const folder = await mkdtemp(join(tmpdir(), "plimsoll-documents-it's [here] "));
    const journal = await openJournal();
    const store = await openStore(folder, journal.source, options, systemDisk);
    return new DocumentsWorld(folder, journal, store, options);
  }

  /** Resolves when the records can be asked for. */
  async write(records: readonly TestRecord[]): Promise<void> {
    for (const record of records) {
      await this.#journal.append({ ...record, tenant: DEFAULT_TENANT });
      this.#items += record.items;
    }
    await this.caughtUp();
  }

  /** Writes one record as a receiver does; it can be asked for a little later. */
  async take(draft: RecordDraft): Promise<RecordId> {
    const { id } = await this.#journal.append(draft);
    this.#items += draft.items;
    return id;
  }

  async caughtUp(): Promise<void> {
    const deadlineMs = systemClock.monotonicMs() + WAIT_MS_MAX;
    for (;;) {
      const { accepted } = (await this.store.status()).cursor;
      const seen = Object.values(accepted).reduce((sum, count) => sum + count, 0);
      if (seen >= this.#items) return;
      if (systemClock.monotonicMs() > deadlineMs)
        throw new Error(`only ${seen} of ${this.#items} items came`);
      await Promise.race([this.store.finished, sleep(systemClock, 2)]);
    }
  }

  /** Stops the store as it is told to, and starts it again. */
  async restart(disk: Disk = systemDisk): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    this.store = await openStore(this.folder, this.#source, this.#options, disk);
    await this.caughtUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.#source[Symbol.asyncDispose]();
    await this.#journal[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function openJournal(): Promise<{
  readonly writer: DiskJournalWriter;
  readonly source: DiskJournalSource;
}> {
  const disk = new SimulatedDisk({ random: seededRandom(1) });
  const cell = createCommittedCell();
  const directory = 'data/journal';
  const writer = await openDiskJournal({
    disk,
    clock: systemClock,
    random: seededRandom(2),
    directory,
    config: DEFAULT_JOURNAL_CONFIG,
    onCommit: (offset) => publishCommitted(cell, offset),
  });
  publishCommitted(cell, writer.committed());
  const source = openDiskJournalSource({
    disk,
    clock: systemClock,
    directory,
    committed: new SharedCommitted(cell),
  });
  return { writer, source };
}

function openStore(
  folder: string,
  source: DiskJournalSource,
  options: WorldOptions,
  disk: Disk,
): Promise<DocumentsStore> {
  return startDocuments({
    disk,
    clock: systemClock,
    log: silentLogger,
    meter: createMeter(),
    directory: folder,
    source,
    config: { ...TEST_CONFIG, ...options.config },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
}

/** A disk that dies at its n-th operation: that one and all later ones fail. */
export class DyingDisk implements Disk {
  readonly #disk: Disk;
  #diesAt: number;
  operations = 0;

  constructor(disk: Disk, diesAt: number) {
    this.#disk = disk;
    this.#diesAt = diesAt;
  }

  /** It dies at the n-th operation from now on, and lives until then. */
  killAfter(operations: number): void {
    this.#diesAt = this.operations + operations;
  }

  get dead(): boolean {
    return this.operations >= this.#diesAt;
  }

  async open(path: string, mode: Parameters<Disk['open']>[1]): ReturnType<Disk['open']> {
    this.#count();
    const file = await this.#disk.open(path, mode);
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      write: (chunks, position) => (this.#count(), file.write(chunks, position)),
      dataSync: () => (this.#count(), file.dataSync()),
      truncate: (length) => (this.#count(), file.truncate(length)),
      close: () => file.close(),
    };
  }

  list = (dir: string): Promise<string[]> => this.#disk.list(dir);
  makeDir = (dir: string): Promise<void> => this.#disk.makeDir(dir);
  readFile = (path: string): Promise<Uint8Array | undefined> => this.#disk.readFile(path);
  freeBytes = (dir: string): Promise<number> => this.#disk.freeBytes(dir);

  async remove(path: string): Promise<void> {
    this.#count();
    await this.#disk.remove(path);
  }

  async rename(source: string, target: string): Promise<void> {
    this.#count();
    await this.#disk.rename(source, target);
  }

  async syncDir(dir: string): Promise<void> {
    this.#count();
    await this.#disk.syncDir(dir);
  }

  #count(): void {
    this.operations += 1;
    if (this.dead) throw Object.assign(new Error('the disk is dead'), { code: 'EIO' });
  }
}
