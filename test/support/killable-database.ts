/**
 * A database under a process that can die at any statement, before or after it
 * took effect. The file outlives the process: `openLife` gives the next one its
 * view of it, with whatever was not committed undone.
 */
import type { Row, SqlDatabase, SqlStatement, SqlValue } from '#alerting/state/sql.ts';

export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface Life {
  alive: boolean;
  /** Statements until it dies; undefined: none planned. */
  statementsLeft: number | undefined;
  /** Whether that last statement still takes effect. */
  lastOneTakesEffect: boolean;
}

/** Those that empty others with them are not named; the sequences make numbers start again. */
const TABLES = [
  'alert_groups',
  'alerts',
  'incidents',
  'outbox',
  'silences',
  'progress',
  'snapshots',
  'identity',
  'sqlite_sequence',
];

export interface KillableOptions {
  /** The negative control: every statement commits by itself. */
  readonly withoutTransactions: boolean;
}

export class KillableDatabase {
  readonly #file: SqlDatabase;
  readonly #options: KillableOptions;
  /** Kept across lives: preparing costs more than running. */
  readonly #statements = new Map<string, SqlStatement>();
  #inTransaction = false;

  constructor(file: SqlDatabase, options: KillableOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** An empty file again: cheaper than a new one, and no different. */
  reset(): void {
    this.rollBack();
    for (const table of TABLES) this.#file.exec(`DELETE FROM ${table}`);
  }

  close(): void {
    this.#file.close();
  }

  openLife(life: Life): SqlDatabase {
    this.rollBack();
    return {
      exec: (sql) => this.#step(life, () => this.#exec(sql)),
      prepare: (sql) => this.#prepare(life, sql),
      close: () => {},
    };
  }

  /** What the operating system does with the transaction of a process that died. */
  rollBack(): void {
    if (this.#inTransaction) this.#file.exec('ROLLBACK');
    this.#inTransaction = false;
  }

  #exec(sql: string): void {
    if (this.#options.withoutTransactions) return;
    this.#file.exec(sql);
    this.#inTransaction = sql.startsWith('BEGIN');
  }

  #prepare(life: Life, sql: string): SqlStatement {
    const known = this.#statements.get(sql) ?? this.#file.prepare(sql);
    this.#statements.set(sql, known);
    return {
      run: (...values: SqlValue[]) => this.#step(life, () => known.run(...values)),
      get: (...values: SqlValue[]): Row | undefined => this.#step(life, () => known.get(...values)),
      all: (...values: SqlValue[]): readonly Row[] => this.#step(life, () => known.all(...values)),
    };
  }

  #step<T>(life: Life, run: () => T): T {
    if (!life.alive) throw new Killed('the process is dead');
    if (life.statementsLeft !== undefined) {
      life.statementsLeft -= 1;
      if (life.statementsLeft < 0) {
        life.alive = false;
        if (life.lastOneTakesEffect) run();
        throw new Killed('killed at a statement');
      }
    }
    return run();
  }
}
