/** The one file that knows DuckDB: open it, put columns into it, ask it. */
import {
  DuckDBDataChunk,
  DuckDBInstance,
  UBIGINT,
  UINTEGER,
  UTINYINT,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Clock, Timer } from '#base/clock.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type {
  Cell,
  Column,
  ColumnType,
  ColumnValues,
  Row,
} from '#storage/embedded/documents/core/columns.ts';
import { Slots } from '#storage/embedded/documents/core/slots.ts';

/** Rows in one DuckDB vector. */
const CHUNK_ROWS = 2048;
/** DuckDB runs each call on one of libuv's four threads; seals and the disk need theirs. */
const QUERIES_AT_ONCE_MAX = 2;
const QUERIES_WAITING_MAX = 64;
/** An interrupt that comes before the query has begun is lost, so it is said again. */
const INTERRUPT_EVERY_MS = 20;

const TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  u8: UTINYINT,
  u32: UINTEGER,
  u64: UBIGINT,
  text: VARCHAR,
  ref: UINTEGER,
};

export interface QueryOptions {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** Named parameters; bigint binds as UBIGINT, string as VARCHAR, number as UINTEGER. */
export type Parameters = Readonly<Record<string, bigint | string | number>>;

export class DuckDb implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #clock: Clock;
  readonly #slots = new Slots(QUERIES_AT_ONCE_MAX, QUERIES_WAITING_MAX);
  readonly #idle: DuckDBConnection[] = [];

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection, clock: Clock) {
    this.#instance = instance;
    this.#writer = writer;
    this.#clock = clock;
  }

  /** @param spillDirectory where rows go that do not fit the memory limit; made when needed */
  static async open(options: {
    readonly memoryLimitBytes: number;
    readonly spillDirectory: string;
    readonly clock: Clock;
  }): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: `${Math.floor(options.memoryLimitBytes / 1024)}KiB`,
      temp_directory: options.spillDirectory,
      max_temp_directory_size: '1GiB',
      // Else it dials out to fetch extensions.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return new DuckDb(instance, await instance.connect(), options.clock);
  }

  /** On the one connection that writes; the caller keeps its calls apart. */
  async execute(sql: string): Promise<void> {
    await this.#writer.run(sql);
  }

  async createTable(name: string, columns: readonly Column[]): Promise<Table> {
    const definitions = columns.map(([column, type]) => `${column} ${String(TYPES[type])}`);
    await this.#writer.run(`create table ${name}(${definitions.join(', ')})`);
    return new Table(await this.#writer.createAppender(name), columns);
  }

  /**
   * Rows of one statement.
   *
   * @throws CodedError `PLIM_QUERY_TIMEOUT`, `PLIM_QUERY_LIMIT` (out of memory),
   *   `PLIM_OVERLOADED`; the signal's reason when aborted
   */
  query(sql: string, parameters: Parameters, options: QueryOptions): Promise<readonly Row[]> {
    return this.#connected(options, (connection) => read(connection, sql, parameters));
  }

  /**
   * Gives `take` the rows of one statement one after another: any number of them
   * costs the memory of one vector. The object is made anew for each.
   *
   * @throws as {@link query}, and what `take` throws
   */
  stream(
    sql: string,
    parameters: Parameters,
    { take, ...options }: QueryOptions & { readonly take: (row: Row) => void },
  ): Promise<void> {
    return this.#connected(options, async (connection) => {
      const result = await connection.stream(sql, { ...parameters }, parameterTypes(parameters));
      const names = result.columnNames();
      for (;;) {
        options.signal?.throwIfAborted();
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        const columns = names.map((_, column) => chunk.getColumnValues(column) as Cell[]);
        for (let at = 0; at < chunk.rowCount; at += 1) {
          const row: Record<string, Cell> = {};
          for (const [column, name] of names.entries()) row[name] = columns[column]?.[at] ?? null;
          take(row);
        }
      }
    });
  }

  #connected<T>(options: QueryOptions, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#slots.run(options.signal, async () => {
      const connection = this.#idle.pop() ?? (await this.#instance.connect());
      try {
        return await this.#interruptible(connection, options, () => work(connection));
      } finally {
        this.#idle.push(connection);
      }
    });
  }

  async #interruptible<T>(
    connection: DuckDBConnection,
    { signal, timeoutMs }: QueryOptions,
    work: () => Promise<T>,
  ): Promise<T> {
    let late = false;
    let again: Timer | undefined;
    const interrupt = (): void => {
      connection.interrupt();
      again = this.#clock.startTimer(INTERRUPT_EVERY_MS, interrupt);
    };
    const timeout = this.#clock.startTimer(timeoutMs, () => {
      late = true;
      interrupt();
    });
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (late) throw tooLate(timeoutMs);
      throw asLimit(error);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      timeout.cancel();
      again?.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#idle.splice(0)) connection.closeSync();
    this.#writer.closeSync();
    this.#instance.closeSync();
  }
}

/** A table rows are put into. */
export class Table {
  readonly #appender: DuckDBAppender;
  readonly #types: readonly DuckDBType[];

  constructor(appender: DuckDBAppender, columns: readonly Column[]) {
    this.#appender = appender;
    this.#types = columns.map(([, type]) => TYPES[type]);
  }

  /** Appends rows and makes them visible to queries. */
  append(values: ColumnValues): void {
    const rows = values[0]?.length ?? 0;
    invariant(values.length === this.#types.length, 'rows have the columns of their table');
    for (let start = 0; start < rows; start += CHUNK_ROWS) {
      const chunk = DuckDBDataChunk.create(this.#types, Math.min(CHUNK_ROWS, rows - start));
      for (const [column, cells] of values.entries()) {
        chunk.setColumnValues(column, cells.slice(start, start + CHUNK_ROWS));
      }
      this.#appender.appendDataChunk(chunk);
    }
    this.#appender.flushSync();
  }

  close(): void {
    this.#appender.closeSync();
  }
}

async function read(
  connection: DuckDBConnection,
  sql: string,
  parameters: Parameters,
): Promise<readonly Row[]> {
  const reader = await connection.runAndReadAll(sql, { ...parameters }, parameterTypes(parameters));
  return reader.getRowObjects() as Record<string, Cell>[];
}

function parameterTypes(parameters: Parameters): Record<string, DuckDBType> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, parameterType(value)]));
}

function parameterType(value: bigint | string | number): DuckDBType {
  if (typeof value === 'bigint') return UBIGINT;
  return typeof value === 'string' ? VARCHAR : UINTEGER;
}

/** A text as an SQL literal: for paths of ours, never for what a caller asks. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function tooLate(timeoutMs: number): CodedError {
  return new CodedError(
    'PLIM_QUERY_TIMEOUT',
    `the query took longer than ${timeoutMs} ms; ask for a shorter time range or name a service`,
  );
}

function asLimit(error: unknown): unknown {
  if (!errorText(error).includes('Out of Memory')) return error;
  return new CodedError(
    'PLIM_QUERY_LIMIT',
    'the query needs more memory than storage.documents.memory_limit allows; ask for a shorter time range',
    { cause: error },
  );
}
