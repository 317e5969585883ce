/**
 * Tail and sealed files as one: takes records in, seals, retires, and gives
 * queries a view of one moment. Changes come one after another; views never wait.
 */
import type { Clock } from '#base/clock.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import type { RecordKind } from '#signals/records.ts';
import type { StoreStatus } from '#storage/ports.ts';
import type { DocumentsConfig } from '#storage/embedded/documents/config.ts';
import type { Dropped } from '#storage/embedded/documents/core/columns-in.ts';
import { Leases } from '#storage/embedded/documents/core/leases.ts';
import type { SealedFile } from '#storage/embedded/documents/core/manifest.ts';
import type { DuckDb } from '#storage/embedded/documents/duckdb.ts';
import type { SealedFiles } from '#storage/embedded/documents/sealed-files.ts';
import { Tail } from '#storage/embedded/documents/tail.ts';
import type { View } from '#storage/embedded/documents/views.ts';

/** Record bytes in the tail at which it is sealed early: rows of long texts would not fit the memory limit. */
export const TAIL_BYTES_MAX = 64 * 2 ** 20;

export interface StorageOptions {
  readonly duckdb: DuckDb;
  readonly sealed: SealedFiles;
  readonly clock: Clock;
  readonly config: DocumentsConfig;
}

export interface DroppedItems {
  readonly reason: keyof Dropped;
  readonly kind: RecordKind;
  readonly items: number;
}

export class DocumentsStorage implements AsyncDisposable {
  readonly #options: StorageOptions;
  readonly #leases = new Leases();
  #tail: Tail;
  #tailNumber = 1;
  #cursor: Cursor;
  /** End of the change that is running. */
  #change: Promise<unknown> = Promise.resolve();

  private constructor(options: StorageOptions, tail: Tail) {
    this.#options = options;
    this.#tail = tail;
    this.#cursor = options.sealed.cursor;
  }

  static async open(options: StorageOptions): Promise<DocumentsStorage> {
    return new DocumentsStorage(options, await Tail.create(options.duckdb, 1));
  }

  /** After everything taken in, sealed or not. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  get tailRows(): number {
    return this.#tail.rows;
  }

  get isFull(): boolean {
    return this.#tail.rows >= this.#options.config.sealRows || this.#tail.bytes >= TAIL_BYTES_MAX;
  }

  /** `cursorAfter` is told what was dropped, and gives the cursor after the batch. */
  take(
    records: readonly JournalRecord[],
    cursorAfter: (dropped: readonly DroppedItems[]) => Cursor,
  ): Promise<void> {
    return this.#exclusively(() => {
      const { clock, config, sealed } = this.#options;
      const more = { catalog: sealed.catalog, nowMs: clock.wallMs(), rowsMax: config.sealRows };
      const all: DroppedItems[] = [];
      for (const record of records) {
        const dropped = this.#tail.take(record, more);
        for (const [reason, items] of Object.entries(dropped ?? {}) as [keyof Dropped, number][]) {
          if (items > 0) all.push({ reason, kind: record.kind, items });
        }
      }
      this.#cursor = cursorAfter(all);
      return Promise.resolve();
    });
  }

  /** Makes everything taken in so far durable; then retires and merges files. @returns the durable cursor */
  seal(): Promise<Cursor> {
    return this.#exclusively(async () => {
      const { sealed, clock, duckdb } = this.#options;
      if (this.#cursor === sealed.cursor) return this.#cursor;
      const tail = this.#tail;
      const next = tail.rows === 0 ? tail : await Tail.create(duckdb, ++this.#tailNumber);
      // In the same moment in which the files hold the rows: no view has them twice.
      const exchange = (): void => {
        this.#tail = next;
        if (next !== tail) this.#leases.doom(() => this.#drop(tail));
      };
      try {
        await sealed.seal(tail, this.#cursor, clock.wallMs(), exchange);
      } catch (error) {
        if (next !== tail) await next.drop();
        throw error;
      }
      await this.#tidy();
      return sealed.cursor;
    });
  }

  view(): View {
    const { sealed } = this.#options;
    return {
      tail: this.#tail,
      files: sealed.files,
      catalog: sealed.catalog,
      cursor: this.#cursor,
      path: (file) => sealed.path(file),
      bloom: (file) => sealed.bloom(file),
      release: this.#leases.take(),
    };
  }

  status(): StoreStatus {
    const { sealed } = this.#options;
    const oldest = sealed.files.reduce<bigint | undefined>(
      (min, file) => (min === undefined || file.minUnixNanos < min ? file.minUnixNanos : min),
      undefined,
    );
    return {
      name: 'documents',
      cursor: this.#cursor,
      bytes: sealed.bytes,
      tailItems: this.#tail.rows,
      oldestUnixNanos: oldest,
      residentBytes: undefined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each change may have begun another.
    for (let running; running !== this.#change;) await (running = this.#change);
  }

  async #tidy(): Promise<void> {
    const { sealed, clock } = this.#options;
    const retired = [
      ...(await sealed.retain(clock.wallMs())),
      ...(await sealed.merge('spans')),
      ...(await sealed.merge('logs')),
    ];
    for (const file of retired) this.#leases.doom(() => this.#remove(file));
  }

  #drop(tail: Tail): void {
    void this.#exclusively(() => tail.drop()).catch(() => {});
  }

  /** A file that could not be removed is an orphan, and goes at the next start. */
  #remove(file: SealedFile): void {
    void this.#exclusively(() => this.#options.sealed.remove(file)).catch(() => {});
  }

  #exclusively<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#change.then(change);
    this.#change = result.catch(() => {});
    return result;
  }
}
