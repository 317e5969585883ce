/**
 * The one file that knows node:sqlite. It opens the state file, brings its
 * schema up to date and offers the small interface the tables are written
 * against. Every commit is on disk when it returns (WAL, synchronous=FULL).
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { CodedError, errorText, isCoded } from '#base/errors.ts';
import { MIGRATIONS } from '#alerting/state/schema.ts';
import type { Row, SqlDatabase, SqlStatement, SqlValue } from '#alerting/state/sql.ts';

/** For simulations: nothing on disk, gone when closed. */
export const IN_MEMORY = ':memory:';

// SQLite's result codes (sqlite.org/rescode.html), low byte.
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/**
 * Opens `path`, creates it and its folder if needed, and migrates it.
 *
 * @throws CodedError `PLIM_DATA_UNUSABLE`, `PLIM_DISK_FULL`
 */
export function openDatabase(path: string): SqlDatabase {
  try {
    if (path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true });
    const database = adapt(new DatabaseSync(path), path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    migrate(database, path);
    return database;
  } catch (error) {
    if (isCoded(error)) throw error;
    const message = `${path} cannot be opened: ${errorText(error)}; check that it is writable and a Plimsoll state file`;
    throw new CodedError('PLIM_DATA_UNUSABLE', message, { cause: error });
  }
}

function adapt(database: DatabaseSync, path: string): SqlDatabase {
  return {
    exec: (sql) => translating(path, () => database.exec(sql)),
    prepare: (sql) => adaptStatement(database.prepare(sql), path),
    close: () => database.close(),
  };
}

function adaptStatement(statement: StatementSync, path: string): SqlStatement {
  return {
    run: (...values: SqlValue[]) =>
      translating(path, () => {
        const { changes, lastInsertRowid } = statement.run(...values);
        return { changes: Number(changes), lastInsertId: Number(lastInsertRowid) };
      }),
    get: (...values: SqlValue[]) => translating(path, () => statement.get(...values) as Row | undefined),
    all: (...values: SqlValue[]) => translating(path, () => statement.all(...values) as Row[]),
  };
}

/** Gives the failures a person can do something about their code. */
function translating<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const code = resultCode(error) & 0xff;
    if (code === SQLITE_FULL) {
      throw new CodedError('PLIM_DISK_FULL', `no space left for ${path}; free some`, { cause: error });
    }
    if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
      const message = `${path} is damaged (${errorText(error)}); restore it, or move it away to start without alert history`;
      throw new CodedError('PLIM_DATA_UNUSABLE', message, { cause: error });
    }
    throw error;
  }
}

function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : 0;
}

function migrate(database: SqlDatabase, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length) {
    const message = `${path} was written by a newer Plimsoll (schema ${version}, this one knows ${MIGRATIONS.length}); use that version`;
    throw new CodedError('PLIM_DATA_UNUSABLE', message);
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
