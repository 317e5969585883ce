/** The part of SQLite the tables use, and how they read rows and write JSON. */
import { invariant } from '#base/invariant.ts';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number; readonly lastInsertId: number };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): readonly Row[];
}

export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

/**
 * Runs `change` and commits, or undoes all of it. Not nestable.
 *
 * @throws whatever `change` or the commit throws; nothing has changed then
 */
export function inTransaction<T>(database: SqlDatabase, change: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = change();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back after some errors; then there is nothing left to undo.
    try {
      database.exec('ROLLBACK');
    } catch {
      throw error;
    }
    throw error;
  }
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  invariant(typeof value === 'string', `column ${column} holds text`);
  return value;
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  invariant(typeof value === 'number', `column ${column} holds a number`);
  return value;
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  invariant(value instanceof Uint8Array, `column ${column} holds bytes`);
  return value;
}

export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberOf(row, column);
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column);
}

/** JSON of our own making: the type is what was written there. */
export function jsonOf<T>(row: Row, column: string): T {
  return JSON.parse(textOf(row, column)) as T;
}
