/**
 * The Parquet files and the manifest that names them. Every change is one
 * atomic replacement of the manifest; what it does not name is not there.
 *
 * Seal: rows → NAME.parquet.tmp → fsync → rename → NAME.bloom → fsync folder →
 * manifest (tmp, fsync, rename, fsync folder) → only then the tail is dropped.
 */
import { writeFileAtomic } from '#base/atomic-file.ts';
import type { Disk } from '#base/disk.ts';
import { invariant } from '#base/invariant.ts';
import type { Cursor } from '#journal/ports.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { Catalog } from '#storage/embedded/documents/core/catalog.ts';
import type { RowsSummary } from '#storage/embedded/documents/core/columns-in.ts';
import {
  expired,
  manifestFromText,
  manifestToText,
  mergeable,
  mergedFile,
  SERVICES_PER_FILE_MAX,
  type SealedFile,
  type Signal,
} from '#storage/embedded/documents/core/manifest.ts';
import { buildBloom } from '#storage/embedded/documents/core/trace-bloom.ts';
import type { DocumentsConfig } from '#storage/embedded/documents/config.ts';
import { literal, type DuckDb } from '#storage/embedded/documents/duckdb.ts';
import type { Tail } from '#storage/embedded/documents/tail.ts';

const MANIFEST = 'manifest.json';
/** Where DuckDB puts what does not fit its memory. */
export const SPILL_FOLDER = 'spill';
/** A batch of rows that is compressed and pruned on its own. */
const ROW_GROUP_ROWS = 16_384;
/** Filters held in memory; files beyond it are opened at every look-up by id. */
const BLOOM_BYTES_MAX = 64 * 2 ** 20;

export interface SealedFilesOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly duckdb: DuckDb;
  readonly config: DocumentsConfig;
}

export class SealedFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #duckdb: DuckDb;
  readonly #config: DocumentsConfig;
  readonly #blooms = new Map<string, Uint8Array>();
  /** Written, but in no manifest that is known to be durable. */
  #strays: string[] = [];
  #nextFile = 1;
  files: readonly SealedFile[] = [];
  cursor: Cursor = NEW_CURSOR;
  catalog = new Catalog();

  private constructor(options: SealedFilesOptions) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#duckdb = options.duckdb;
    this.#config = options.config;
  }

  /** Reads the manifest and removes what a crash left half done. */
  static async open(options: SealedFilesOptions): Promise<SealedFiles> {
    const sealed = new SealedFiles(options);
    await sealed.#load();
    return sealed;
  }

  get bytes(): number {
    return this.files.reduce((sum, file) => sum + file.bytes, 0);
  }

  bloom(file: SealedFile): Uint8Array | undefined {
    return this.#blooms.get(file.name);
  }

  path(file: SealedFile): string {
    return this.#path(file.name);
  }

  /**
   * Makes the tail durable together with `cursor`.
   *
   * @param onSealed called at the moment from which the files hold the rows of the tail
   * @throws DiskError; nothing has changed then, for readers or after a crash
   */
  async seal(tail: Tail, cursor: Cursor, nowMs: number, onSealed: () => void): Promise<void> {
    const added: SealedFile[] = [];
    for (const signal of ['spans', 'logs'] as const) {
      let from = 0;
      for (const { rows, bytes } of tail.summaries[signal].parts) {
        added.push(await this.#writeTail(tail, { signal, from, to: from + rows, textBytes: bytes, nowMs }));
        from += rows;
      }
    }
    await this.#commit([...this.files, ...added], cursor, onSealed);
  }

  /** Deletes what is over age or budget. @returns files the caller may remove once nobody reads them */
  async retain(nowMs: number): Promise<readonly SealedFile[]> {
    const doomed = expired(this.files, this.#config, nowMs);
    if (doomed.length === 0) return [];
    const kept = this.files.filter((file) => !doomed.includes(file));
    this.catalog.expire(
      Math.min(nowMs, ...kept.map((file) => file.sealedUnixMs)) - this.#config.sealIntervalMs,
    );
    await this.#commit(kept, this.cursor);
    return doomed;
  }

  /** Makes one file of many small ones. @returns files the caller may remove once nobody reads them */
  async merge(signal: Signal): Promise<readonly SealedFile[]> {
    const sources = mergeable(this.files, signal, this.#config.sealRows);
    if (sources.length === 0) return [];
    const name = this.#newName(signal);
    const paths = sources.map((file) => literal(this.path(file))).join(', ');
    const bytes = await this.#writeParquet(name, `select * from read_parquet([${paths}])`);
    const low = await this.#duckdb.query(
      `select distinct trace_low from read_parquet([${literal(this.#path(name))}])`,
      {},
      { signal: undefined, timeoutMs: 60_000 },
    );
    await this.#writeBloom(name, new Set(low.map((row) => BigInt(row['trace_low'] ?? 0n))));
    const merged = mergedFile(sources, name, bytes);
    const [first] = sources;
    const files = this.files.flatMap((file) =>
      file === first ? [merged] : sources.includes(file) ? [] : [file],
    );
    await this.#commit(files, this.cursor);
    return sources;
  }

  /** Of a file that no manifest names and nobody reads. */
  async remove(file: SealedFile): Promise<void> {
    this.#blooms.delete(file.name);
    await this.#disk.remove(this.#path(file.name));
    await this.#disk.remove(bloomOf(this.#path(file.name)));
  }

  async #writeTail(
    tail: Tail,
    part: {
      readonly signal: Signal;
      readonly from: number;
      readonly to: number;
      readonly textBytes: number;
      readonly nowMs: number;
    },
  ): Promise<SealedFile> {
    const summary: RowsSummary = tail.summaries[part.signal];
    const name = this.#newName(part.signal);
    const bytes = await this.#writeParquet(name, `select * from ${tail.source(part.signal, part)}`);
    await this.#writeBloom(name, summary.traces);
    return {
      name,
      signal: part.signal,
      rows: part.to - part.from,
      bytes,
      textBytes: part.textBytes,
      sealedUnixMs: part.nowMs,
      minUnixNanos: summary.minUnixNanos,
      maxUnixNanos: summary.maxUnixNanos,
      services: summary.services.size <= SERVICES_PER_FILE_MAX ? [...summary.services] : undefined,
    };
  }

  /** @returns bytes of the file, which is durable but for its folder */
  async #writeParquet(name: string, select: string): Promise<number> {
    const temporary = `${this.#path(name)}.tmp`;
    await this.#disk.remove(temporary);
    await this.#duckdb.execute(
      `copy (${select}) to ${literal(temporary)} (format parquet, compression zstd, row_group_size ${ROW_GROUP_ROWS})`,
    );
    const file = await this.#disk.open(temporary, 'read-write');
    let bytes: number;
    try {
      await file.dataSync();
      bytes = await file.size();
    } finally {
      await file.close();
    }
    await this.#disk.rename(temporary, this.#path(name));
    return bytes;
  }

  /** Also syncs the folder, so that the Parquet file of the same name is durable. */
  async #writeBloom(name: string, traces: ReadonlySet<bigint>): Promise<void> {
    const bloom = buildBloom(traces);
    await writeFileAtomic(this.#disk, bloomOf(this.#path(name)), bloom);
    this.#keepBloom(name, bloom);
  }

  #keepBloom(name: string, bloom: Uint8Array): void {
    let held = bloom.length;
    for (const other of this.#blooms.values()) held += other.length;
    if (held <= BLOOM_BYTES_MAX) this.#blooms.set(name, bloom);
  }

  async #commit(
    files: readonly SealedFile[],
    cursor: Cursor,
    onCommitted: () => void = () => {},
  ): Promise<void> {
    const manifest = {
      version: 1 as const,
      cursor,
      nextFile: this.#nextFile,
      files,
      catalog: this.catalog.entries(),
    };
    await writeFileAtomic(
      this.#disk,
      this.#path(MANIFEST),
      new TextEncoder().encode(manifestToText(manifest)),
    );
    this.files = files;
    this.cursor = cursor;
    onCommitted();
    await this.#removeStrays();
  }

  /** A seal that failed may still have reached the disk: its files go once a later manifest is durable. */
  async #removeStrays(): Promise<void> {
    const named = new Set(this.files.map((file) => file.name));
    const strays = this.#strays.filter((name) => !named.has(name));
    this.#strays = [];
    for (const name of strays) {
      this.#blooms.delete(name);
      await this.#disk.remove(this.#path(name)).catch(() => {});
      await this.#disk.remove(bloomOf(this.#path(name))).catch(() => {});
    }
  }

  #newName(signal: Signal): string {
    const name = `${signal}-${String(this.#nextFile++).padStart(10, '0')}.parquet`;
    this.#strays.push(name);
    return name;
  }

  async #load(): Promise<void> {
    await this.#disk.makeDir(this.#directory);
    const bytes = await this.#disk.readFile(this.#path(MANIFEST));
    if (bytes !== undefined) {
      const manifest = manifestFromText(new TextDecoder().decode(bytes));
      this.files = manifest.files;
      this.cursor = manifest.cursor;
      this.catalog = new Catalog(manifest.catalog);
      this.#nextFile = manifest.nextFile;
    }
    await this.#removeOrphans();
    for (const file of this.files) {
      const bloom = await this.#disk.readFile(bloomOf(this.path(file)));
      if (bloom !== undefined) this.#keepBloom(file.name, bloom);
    }
  }

  async #removeOrphans(): Promise<void> {
    const kept = new Set([
      MANIFEST,
      SPILL_FOLDER,
      ...this.files.flatMap((file) => [file.name, bloomOf(file.name)]),
    ]);
    const there = await this.#disk.list(this.#directory);
    for (const { name } of this.files) {
      invariant(there.includes(name), `the manifest names ${name}, which is missing from ${this.#directory}`);
    }
    for (const name of there) if (!kept.has(name)) await this.#disk.remove(this.#path(name));
    for (const name of await this.#disk.list(this.#path(SPILL_FOLDER))) {
      await this.#disk.remove(`${this.#path(SPILL_FOLDER)}/${name}`);
    }
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }
}

function bloomOf(name: string): string {
  return name.replace(/\.parquet$/, '.bloom');
}
