/** A service's own database. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { instrumentSqlite } from '@plimsoll/sdk';

export interface DatabaseOptions {
  /** Its own folder; made when it is not there. */
  readonly directory: string;
  /** File name without extension. */
  readonly name: string;
  /** Statements that make the tables when they are not there. */
  readonly schema: string;
  /** Whether each statement becomes a span. Not for what runs many times a request. */
  readonly isTraced?: boolean;
}

/** Another process may look into the file; it gets this long to finish. */
const BUSY_MS = 1000;

/** Committed means on disk: a write-ahead log, synced at each commit. */
export function openDatabase({ directory, name, schema, isTraced = false }: DatabaseOptions): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(path.join(directory, `${name}.sqlite`), { timeout: BUSY_MS });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec(schema);
  return isTraced ? instrumentSqlite(database) : database;
}

/** All of `work` or, when it throws, nothing of it. `work` must not wait for anything. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
