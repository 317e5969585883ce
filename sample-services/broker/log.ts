/**
 * The broker's records and the groups' offsets, in SQLite. Appends that arrive
 * together share one transaction, and with it one sync of the disk; nobody is
 * answered before that.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { deletableBefore } from '#sample-services/broker/core/retention.ts';
import type { NewRecord, StoredRecord } from '#sample-services/lib/event-bus.ts';
import { inTransaction } from '#sample-services/lib/sqlite.ts';

export const LOG_SCHEMA = `
  CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS record (
    topic TEXT NOT NULL, offset INTEGER NOT NULL, appended_ms INTEGER NOT NULL,
    id TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (topic, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS position (
    topic TEXT NOT NULL, grp TEXT NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, grp)
  ) STRICT, WITHOUT ROWID;`;

interface Append {
  readonly topic: string;
  readonly records: readonly NewRecord[];
  readonly resolve: (firstOffset: number) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupPosition {
  readonly topic: string;
  readonly group: string;
  readonly nextOffset: number;
  /** Records it has still to read. */
  readonly lag: number;
}

export class Log {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #onAppended: (topics: ReadonlySet<string>) => void;
  readonly #statements: Statements;
  #waiting: Append[] = [];

  /** @param onAppended told after each commit which topics have news */
  constructor(database: DatabaseSync, now: () => number, onAppended: (topics: ReadonlySet<string>) => void) {
    this.#database = database;
    this.#now = now;
    this.#onAppended = onAppended;
    this.#statements = prepare(database);
  }

  /** @returns the offset of the first record, once all are on disk */
  append(topic: string, records: readonly NewRecord[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ topic, records, resolve, reject });
      // All requests that were readable in this turn of the event loop commit together.
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  /** The group's next records; a group that was never seen begins at the first that is kept. */
  read(topic: string, group: string, recordsMax: number): readonly StoredRecord[] {
    return this.#statements.read.all(topic, this.#positionOf(topic, group), recordsMax).map(toRecord);
  }

  /** Moves the group on, never back. */
  commitOffset(topic: string, group: string, nextOffset: number): void {
    this.#statements.setPosition.run(topic, group, Math.min(nextOffset, this.#nextOffset(topic)));
  }

  positions(): readonly GroupPosition[] {
    return this.#statements.positions.all().map((row) => ({
      topic: String(row['topic']),
      group: String(row['grp']),
      nextOffset: Number(row['next_offset']),
      lag: this.#nextOffset(String(row['topic'])) - Number(row['next_offset']),
    }));
  }

  /** Deletes what no group will read again. @returns how many records */
  deleteOld(): number {
    const positions = this.positions();
    let deleted = 0;
    for (const { name } of this.#statements.topics.all()) {
      const topic = String(name);
      const before = deletableBefore({
        nextOffset: this.#nextOffset(topic),
        groups: positions.filter((position) => position.topic === topic).map(({ nextOffset }) => nextOffset),
      });
      deleted += Number(this.#statements.deleteBefore.run(topic, before).changes);
    }
    return deleted;
  }

  #commit(): void {
    const appends = this.#waiting;
    this.#waiting = [];
    let offsets: readonly number[];
    try {
      offsets = inTransaction(this.#database, () => appends.map((append) => this.#insert(append)));
    } catch (error) {
      for (const { reject } of appends) reject(error);
      return;
    }
    appends.forEach(({ resolve }, index) => resolve(offsets[index] ?? 0));
    this.#onAppended(new Set(appends.map(({ topic }) => topic)));
  }

  #insert({ topic, records }: Append): number {
    const first = this.#nextOffset(topic);
    const nowMs = this.#now();
    records.forEach(({ id, key, headers, value }, index) => {
      const texts = [id, key, JSON.stringify(headers), JSON.stringify(value)];
      this.#statements.insert.run(topic, first + index, nowMs, ...texts);
    });
    this.#statements.setNextOffset.run(topic, first + records.length);
    return first;
  }

  #nextOffset(topic: string): number {
    return Number(this.#statements.nextOffset.get(topic)?.['next_offset'] ?? 0);
  }

  #positionOf(topic: string, group: string): number {
    const position = this.#statements.position.get(topic, group)?.['next_offset'];
    // From its first poll on, nothing is deleted that the group has not read.
    if (position === undefined) this.#statements.setPosition.run(topic, group, 0);
    return Number(position ?? 0);
  }
}

interface Statements {
  readonly insert: StatementSync;
  readonly read: StatementSync;
  readonly nextOffset: StatementSync;
  readonly setNextOffset: StatementSync;
  readonly topics: StatementSync;
  readonly position: StatementSync;
  readonly setPosition: StatementSync;
  readonly positions: StatementSync;
  readonly deleteBefore: StatementSync;
}

function prepare(database: DatabaseSync): Statements {
  return {
    insert: database.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)'),
    read: database.prepare('SELECT * FROM record WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ?'),
    nextOffset: database.prepare('SELECT next_offset FROM topic WHERE name = ?'),
    setNextOffset: database.prepare('INSERT OR REPLACE INTO topic VALUES (?, ?)'),
    topics: database.prepare('SELECT name FROM topic'),
    position: database.prepare('SELECT next_offset FROM position WHERE topic = ? AND grp = ?'),
    setPosition: database.prepare(
      `INSERT INTO position VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)`,
    ),
    positions: database.prepare('SELECT * FROM position'),
    deleteBefore: database.prepare('DELETE FROM record WHERE topic = ? AND offset < ?'),
  };
}

function toRecord(row: Readonly<Record<string, unknown>>): StoredRecord {
  return {
    offset: Number(row['offset']),
    id: String(row['id']),
    key: String(row['key']),
    headers: JSON.parse(String(row['headers'])) as Record<string, string>,
    value: JSON.parse(String(row['value'])) as unknown,
  };
}
