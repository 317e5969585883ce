/**
 * What questions about spans and about logs share: a view of one moment, its
 * tail and files in the order of their times, and statements under a time limit.
 */
import type { Cursor } from '#journal/ports.ts';
import type { Catalog } from '#storage/embedded/documents/core/catalog.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import type { SealedFile, Signal } from '#storage/embedded/documents/core/manifest.ts';
import { literal, type DuckDb } from '#storage/embedded/documents/duckdb.ts';
import type { Tail } from '#storage/embedded/documents/tail.ts';
import type { Query } from '#storage/embedded/documents/trace-queries.ts';

/** Grafana gives up after 30 s by default; an answer after that is for nobody. */
export const QUERY_TIMEOUT_MS = 25_000;
/** Files read by one statement: searches go from the newest group to the oldest and stop early. */
const FILES_PER_STATEMENT = 16;

/** Everything there is at one moment. */
export interface View {
  readonly tail: Tail;
  readonly files: readonly SealedFile[];
  readonly catalog: Catalog;
  /** After everything in tail and files. */
  readonly cursor: Cursor;
  path(file: SealedFile): string;
  bloom(file: SealedFile): Uint8Array | undefined;
  /** Nothing of it is removed before this is called. */
  release(): void;
}

/** What one statement reads. */
export interface Group {
  readonly source: string;
  /** No row of this group or a later one is newer (older when oldest first). */
  readonly bound: bigint | undefined;
}

export interface ViewsOptions {
  readonly duckdb: DuckDb;
  readonly view: () => View;
  readonly queryTimeoutMs?: number;
}

export class Views {
  readonly #options: ViewsOptions;

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  async use<T>(work: (view: View) => Promise<T>): Promise<T> {
    const view = this.#options.view();
    try {
      return await work(view);
    } finally {
      view.release();
    }
  }

  /** The rows of one statement. @throws as {@link DuckDb.query} */
  run({ sql, parameters }: Query, signal: AbortSignal | undefined): Promise<readonly Row[]> {
    const { duckdb, queryTimeoutMs: timeoutMs = QUERY_TIMEOUT_MS } = this.#options;
    return duckdb.query(sql, parameters, { signal, timeoutMs });
  }

  /** Gives `take` the rows of one statement as they come; none is kept. @throws as {@link DuckDb.query} */
  stream(
    { sql, parameters }: Query,
    signal: AbortSignal | undefined,
    take: (row: Row) => void,
  ): Promise<void> {
    const { duckdb, queryTimeoutMs: timeoutMs = QUERY_TIMEOUT_MS } = this.#options;
    return duckdb.stream(sql, parameters, { signal, timeoutMs, take });
  }
}

/** The tail, then the files in groups, in the order of their times. */
export function* groupsOf(
  view: View,
  files: readonly SealedFile[],
  signal: Signal,
  newestFirst: boolean,
): Iterable<Group> {
  yield { source: view.tail.source(signal), bound: undefined };
  const ordered = files.toSorted((a, b) =>
    newestFirst ? Number(b.maxUnixNanos - a.maxUnixNanos) : Number(a.minUnixNanos - b.minUnixNanos),
  );
  for (let at = 0; at < ordered.length; at += FILES_PER_STATEMENT) {
    const group = ordered.slice(at, at + FILES_PER_STATEMENT);
    const paths = group.map((file) => literal(view.path(file)));
    yield {
      source: `read_parquet([${paths.join(', ')}])`,
      bound: newestFirst ? group[0]?.maxUnixNanos : group[0]?.minUnixNanos,
    };
  }
}

/** Whether what has `unixNanos` certainly comes before everything within `bound`. */
export function isBefore(unixNanos: bigint, bound: bigint | undefined, newestFirst: boolean): boolean {
  if (bound === undefined) return false;
  return newestFirst ? unixNanos > bound : unixNanos < bound;
}
