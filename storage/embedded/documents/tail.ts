/**
 * The hot tail: rows that no Parquet file holds yet, in tables in memory. They
 * can be asked for at once; after a crash replay from the cursor builds them
 * again.
 */
import type { JournalRecord } from '#journal/ports.ts';
import {
  emptySummary,
  takeLogs,
  takeSpans,
  type Dropped,
  type RowsSummary,
  type TakeContext,
} from '#storage/embedded/documents/core/columns-in.ts';
import { LOG_COLUMNS, SPAN_COLUMNS, type Column } from '#storage/embedded/documents/core/columns.ts';
import type { Signal } from '#storage/embedded/documents/core/manifest.ts';
import type { DuckDb, Table } from '#storage/embedded/documents/duckdb.ts';

const TEXT_COLUMNS = [
  ['ref', 'u32'],
  ['value', 'text'],
] as const satisfies readonly Column[];

export const COLUMNS: Readonly<Record<Signal, readonly Column[]>> = {
  spans: SPAN_COLUMNS,
  logs: LOG_COLUMNS,
};

type Tables = Readonly<Record<Signal | 'texts', Table>>;

export class Tail {
  readonly #duckdb: DuckDb;
  readonly #number: number;
  readonly #tables: Tables;
  readonly #texts = new Map<string, number>();
  #newTexts: string[] = [];
  readonly summaries: Readonly<Record<Signal, RowsSummary>> = { spans: emptySummary(), logs: emptySummary() };
  /** Of the records taken in; the tables need about as much. */
  bytes = 0;

  private constructor(duckdb: DuckDb, number: number, tables: Tables) {
    this.#duckdb = duckdb;
    this.#number = number;
    this.#tables = tables;
  }

  static async create(duckdb: DuckDb, number: number): Promise<Tail> {
    return new Tail(duckdb, number, {
      texts: await duckdb.createTable(`texts_${number}`, TEXT_COLUMNS),
      spans: await duckdb.createTable(`spans_${number}`, SPAN_COLUMNS),
      logs: await duckdb.createTable(`logs_${number}`, LOG_COLUMNS),
    });
  }

  get rows(): number {
    return this.summaries.spans.rows + this.summaries.logs.rows;
  }

  /** Takes a record in; its rows can be asked for when this returns. @returns items that are in no row */
  take(record: JournalRecord, more: Pick<TakeContext, 'catalog' | 'nowMs' | 'rowsMax'>): Dropped | undefined {
    if (record.kind !== 'otlp-traces' && record.kind !== 'otlp-logs') return undefined;
    const signal = record.kind === 'otlp-traces' ? 'spans' : 'logs';
    const context = { ...more, intern: this.#intern, summary: this.summaries[signal] };
    const taken = signal === 'spans' ? takeSpans(record, context) : takeLogs(record, context);
    this.#flushTexts();
    this.#tables[signal].append(taken.values);
    this.bytes += record.body.length;
    return taken.dropped;
  }

  /** A subquery with the columns of the Parquet files: references replaced by their texts. */
  source(signal: Signal, rows?: { readonly from: number; readonly to: number }): string {
    const selected = COLUMNS[signal].map(([name, type]) =>
      type === 'ref' ? `${name}_text.value as ${name}` : `item.${name}`,
    );
    const joins = COLUMNS[signal]
      .filter(([, type]) => type === 'ref')
      .map(([name]) => `join texts_${this.#number} as ${name}_text on ${name}_text.ref = item.${name}`);
    const range = rows === undefined ? '' : ` where item.rowid >= ${rows.from} and item.rowid < ${rows.to}`;
    return `(select ${selected.join(', ')} from ${signal}_${this.#number} as item ${joins.join(' ')}${range})`;
  }

  /** Frees the memory; nothing may read the tail any more. */
  async drop(): Promise<void> {
    for (const [name, table] of Object.entries(this.#tables)) {
      table.close();
      await this.#duckdb.execute(`drop table ${name}_${this.#number}`);
    }
  }

  readonly #intern = (text: string): number => {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const ref = this.#texts.size;
    this.#texts.set(text, ref);
    this.#newTexts.push(text);
    return ref;
  };

  #flushTexts(): void {
    if (this.#newTexts.length === 0) return;
    const first = this.#texts.size - this.#newTexts.length;
    this.#tables.texts.append([this.#newTexts.map((_, index) => first + index), this.#newTexts]);
    this.#newTexts = [];
  }
}
