/** What the journal contract needs from a backend, and how it reads one. */
import assert from 'node:assert/strict';
import { sleep, type Clock } from '#base/clock.ts';
import { isCoded, type ErrorCode } from '#base/errors.ts';
import { NO_ITEMS, subtractTotals, sumTotals, type RecordKind, type Totals } from '#signals/records.ts';
import { advance, isDuplicate } from '#journal/core/cursor.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  JournalRecord,
  JournalSource,
  JournalWriter,
  RecordBatch,
  RecordDraft,
} from '#journal/ports.ts';

export type JournalFeature = 'budget' | 'retention' | 'damage';

/** One journal, empty at first, that can be opened again and again. */
export interface JournalBackend extends AsyncDisposable {
  readonly clock: Clock;
  readonly lacks: Readonly<Partial<Record<JournalFeature, string>>>;
  /** At most one writer at a time; the budget holds at least a dozen records of 1000 bytes. */
  openWriter(options?: {
    readonly bytesMax?: number;
    readonly consumers?: readonly ConsumerRegistration[];
  }): Promise<JournalWriter>;
  openSource(): Promise<JournalSource>;
  /** Lets reported cursors take effect and space be reclaimed; at most a few seconds. */
  reclaim(): Promise<void>;
  /** Damages the stored body of the record at this offset; only without `lacks.damage`. */
  damage(offset: number): Promise<void>;
}

export const STORE: ConsumerRegistration = { name: 'store', onFull: 'refuse' };
export const EXPORTER: ConsumerRegistration = { name: 'exporter', onFull: 'drop' };

export function draft(
  text: string,
  options: { readonly kind?: RecordKind; readonly items?: number; readonly tenant?: string } = {},
): RecordDraft {
  const { kind = 'otlp-logs', items = 3, tenant = 'tenant-1' } = options;
  return { kind, tenant, items, body: new TextEncoder().encode(text) };
}

/** Bodies are views that do not live long: taken as text at once. */
export type ReadRecord = Omit<JournalRecord, 'body'> & { readonly text: string };

export function textOf(record: JournalRecord): string {
  return new TextDecoder().decode(record.body);
}

export async function readAll(
  backend: JournalBackend,
  start: Cursor,
  bytesMax = 10_000,
  consumer = STORE,
): Promise<{ readonly records: readonly ReadRecord[]; readonly cursor: Cursor }> {
  await using source = disposable(await backend.openSource());
  await using reader = await source.value.open({ cursor: start, consumer });
  const records: ReadRecord[] = [];
  let cursor = start;
  for (;;) {
    const batch = await nextOf(backend.clock, reader, { bytesMax, waitMs: 50 });
    if (batch.records.length === 0 && Object.keys(batch.lost).length === 0) return { records, cursor };
    const duplicates = batch.records.filter((record) => isDuplicate(cursor, record));
    const advanced = advance(cursor, batch);
    assert.equal(advanced.records.length + duplicates.length, batch.records.length);
    for (const { body: _, ...record } of advanced.records.map((one) => ({ ...one, text: textOf(one) })))
      records.push(record);
    cursor = advanced.cursor;
  }
}

/** Like {@link readAll} when no writer is open: the committed offset comes from one. */
export async function readAllStarted(backend: JournalBackend, start: Cursor): ReturnType<typeof readAll> {
  await using _writer = await backend.openWriter();
  return await readAll(backend, start);
}

/** Longer than a machine stands still, and time for a second try. */
const AWAY_MS_MAX = 10_000;
const AGAIN_MS = 100;

/** As every consumer reads: a journal that is away for a moment is asked again. */
export async function nextOf(
  clock: Clock,
  reader: JournalReader,
  options: Parameters<JournalReader['next']>[0],
): Promise<RecordBatch> {
  const deadlineMs = clock.monotonicMs() + AWAY_MS_MAX;
  for (;;) {
    try {
      return await reader.next(options);
    } catch (error) {
      if (!isCoded(error, 'PLIM_STORE_UNAVAILABLE') || clock.monotonicMs() > deadlineMs) throw error;
      await sleep(clock, AGAIN_MS);
    }
  }
}

/** A source may have an end to its life or not; the port does not say. */
export function disposable(value: JournalSource): AsyncDisposable & { readonly value: JournalSource } {
  return {
    value,
    async [Symbol.asyncDispose]() {
      if (Symbol.asyncDispose in value)
        await (value as JournalSource & AsyncDisposable)[Symbol.asyncDispose]();
    },
  };
}

export function residual(cursor: Cursor): Totals {
  const dropped = Object.values(cursor.dropped).reduce<Totals>(sumTotals, NO_ITEMS);
  return subtractTotals(cursor.accepted, sumTotals(cursor.delivered, dropped));
}

export async function untilRefused(attempt: () => Promise<void>): Promise<unknown> {
  for (let count = 0; count < 1000; count += 1) {
    try {
      await attempt();
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

export async function assertCode(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => isCoded(error, code));
}
