/**
 * Events a service reads from the bus. The bus gives each at least once; the
 * inbox notes its id in the same transaction as its effect, so the effect is
 * there exactly once, however often either side is killed.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { logger, metrics, SpanKind, withExtractedContext, withSpan } from '@plimsoll/sdk';
import { keepDoing, pause, type Background } from '#sample-services/lib/background.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import type { EventBus, StoredRecord } from '#sample-services/lib/event-bus.ts';
import { inTransaction } from '#sample-services/lib/sqlite.ts';

/** Part of the schema of each service that has an inbox. */
export const INBOX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS inbox (record_id TEXT PRIMARY KEY, handled_ms INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS inbox_handled ON inbox (handled_ms);`;

const BATCH_RECORDS_MAX = 100;
const POLL_WAIT_MS = 5000;
/** Between two polls, so that records come in batches under load. */
const LINGER_MS = 50;
/** A record may come again that much later; longer than the broker keeps what was read. */
const REMEMBER_MS = 3_600_000;

const handled = metrics.counter({
  name: 'freight_events_total',
  help: 'Events read from the bus: handled, known already (duplicate) or not readable (rejected).',
  labelNames: ['topic', 'result'],
});

type Outcome = 'handled' | 'duplicate' | 'rejected';

export interface InboxOptions {
  readonly database: DatabaseSync;
  readonly bus: EventBus;
  readonly topic: string;
  readonly group: string;
  /**
   * The effect of one record, within a transaction.
   *
   * @throws Problem below 500, and before it changes anything, when the record can
   * never be handled: it is set aside. After anything else it is tried again.
   */
  readonly handle: (value: unknown) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #note: StatementSync;
  readonly #forget: StatementSync;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#note = options.database.prepare(
      'INSERT INTO inbox (record_id, handled_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    this.#forget = options.database.prepare('DELETE FROM inbox WHERE handled_ms < ?');
  }

  /** Reads and handles in the background. */
  start(): Background {
    const { bus, topic, group } = this.#options;
    return keepDoing(`reading ${topic}`, async (signal) => {
      const records = await bus.poll({
        topic,
        group,
        recordsMax: BATCH_RECORDS_MAX,
        waitMs: POLL_WAIT_MS,
        signal,
      });
      for (const record of records) handled.inc({ topic, result: await this.receive(record) });
      const last = records.at(-1);
      if (last === undefined) return;
      await bus.commit(topic, group, last.offset + 1);
      await pause(LINGER_MS, signal);
    });
  }

  /** Handles one record, in the trace it came from. */
  async receive(record: StoredRecord): Promise<Outcome> {
    const { topic, group } = this.#options;
    const attributes = {
      'messaging.system': 'freight_broker',
      'messaging.destination.name': topic,
      'messaging.consumer.group.name': group,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': record.id,
    };
    return withExtractedContext(record.headers, () =>
      withSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, () => this.#once(record)),
    );
  }

  /** To be called now and then. */
  forgetOld(nowMs: number): void {
    this.#forget.run(nowMs - REMEMBER_MS);
  }

  #once({ id, value }: StoredRecord): Outcome {
    const { database, handle, topic } = this.#options;
    return inTransaction(database, () => {
      if (this.#note.run(id, Date.now()).changes === 0) return 'duplicate';
      try {
        handle(value);
        return 'handled';
      } catch (error) {
        if (!(error instanceof Problem) || error.status >= 500) throw error;
        logger.warn({ topic, record_id: id, reason: error.message }, 'event set aside');
        return 'rejected';
      }
    });
  }
}
