/**
 * Events a service owes the bus, kept in the same transaction as the change they
 * tell of: either both happen or neither, and what is owed is published at least
 * once, in order, however often the service is killed.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import { injectContext, metrics, SpanKind, withSpan } from '@plimsoll/sdk';
import { keepDoing, type Background } from '#sample-services/lib/background.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import type { EventBus, NewRecord } from '#sample-services/lib/event-bus.ts';
import { Signal } from '#sample-services/lib/signal.ts';

/** Part of the schema of each service that has an outbox. */
export const OUTBOX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, value TEXT NOT NULL
  ) STRICT;`;

/** More in one request would not be faster. */
const BATCH_RECORDS_MAX = 200;
/** The broker may be away for half an hour at full load; then new work is refused, not forgotten. */
const OWED_RECORDS_MAX = 100_000;
/** What is owed from before a restart is noticed at the start; this is for what nobody announced. */
const LOOK_EVERY_MS = 1000;

const owed = metrics.gauge({
  name: 'freight_outbox_records',
  help: 'Events that are still to be published.',
  labelNames: ['topic'],
});

export class Outbox {
  readonly #bus: EventBus;
  readonly #topic: string;
  readonly #signal = new Signal();
  readonly #insert: StatementSync;
  readonly #next: StatementSync;
  readonly #delete: StatementSync;
  #owed: number;

  constructor(database: DatabaseSync, bus: EventBus, topic: string) {
    this.#bus = bus;
    this.#topic = topic;
    this.#insert = database.prepare('INSERT INTO outbox (id, key, headers, value) VALUES (?, ?, ?, ?)');
    this.#next = database.prepare('SELECT * FROM outbox ORDER BY seq LIMIT ?');
    this.#delete = database.prepare('DELETE FROM outbox WHERE seq <= ?');
    this.#owed = Number(database.prepare('SELECT count(*) AS n FROM outbox').get()?.['n'] ?? 0);
  }

  /** To be called within the transaction that makes the change. */
  add(key: string, value: unknown): void {
    const headers: Record<string, string> = {};
    const attributes = {
      'messaging.system': 'freight_broker',
      'messaging.destination.name': this.#topic,
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
    };
    withSpan(`publish ${this.#topic}`, { kind: SpanKind.PRODUCER, attributes }, () => injectContext(headers));
    this.#insert.run(randomUUID(), key, JSON.stringify(headers), JSON.stringify(value));
    this.#owed += 1;
    this.#signal.notify();
  }

  /** Before work that ends in {@link add}. @throws Problem 503 when too much is owed already */
  assertRoom(): void {
    if (this.#owed < OWED_RECORDS_MAX) return;
    throw new Problem(503, 'Service unavailable', {
      detail: `${this.#owed} events are waiting to be published`,
      retryAfterS: 5,
    });
  }

  /** Publishes in the background what is owed. */
  start(): Background {
    return keepDoing(`publishing ${this.#topic}`, async (signal) => {
      owed.set({ topic: this.#topic }, this.#owed);
      if ((await this.publishSome()) === 0) await this.#signal.wait(LOOK_EVERY_MS, signal);
    });
  }

  /** @returns how many events were published: 0 when none are owed */
  async publishSome(): Promise<number> {
    const rows = this.#next.all(BATCH_RECORDS_MAX);
    const last = rows.at(-1)?.['seq'];
    if (last === undefined) {
      // A transaction that was rolled back had counted what it then did not add.
      this.#owed = 0;
      return 0;
    }
    await this.#bus.publish(this.#topic, rows.map(toRecord));
    this.#delete.run(last);
    this.#owed = Math.max(0, this.#owed - rows.length);
    return rows.length;
  }
}

function toRecord(row: Readonly<Record<string, unknown>>): NewRecord {
  return {
    id: String(row['id']),
    key: String(row['key']),
    headers: JSON.parse(String(row['headers'])) as Record<string, string>,
    value: JSON.parse(String(row['value'])) as unknown,
  };
}
