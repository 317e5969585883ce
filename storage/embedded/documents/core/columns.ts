/**
 * The columns of the two tables. In memory, texts that repeat are references
 * into a table of texts (a string costs a microsecond to hand over, a number
 * nothing); in Parquet they are plain text, so a file stands on its own.
 */
export type ColumnType =
  | 'u8'
  | 'u32'
  | 'u64'
  /** A text of its own; null when empty. */
  | 'text'
  /** A text that repeats: a reference in memory. */
  | 'ref';

export type Column = readonly [name: string, type: ColumnType];

/** Who accepted an item: together its id (signals/ids.ts). */
const IDENTITY = [
  ['producer', 'ref'],
  ['sequence', 'u64'],
  ['ordinal', 'u32'],
  ['tenant', 'ref'],
] as const;

export const SPAN_COLUMNS = [
  ...IDENTITY,
  ['trace_high', 'u64'],
  ['trace_low', 'u64'],
  ['span_id', 'u64'],
  /** 0 for a root span. */
  ['parent_id', 'u64'],
  ['trace_state', 'text'],
  ['flags', 'u8'],
  ['service', 'ref'],
  ['name', 'ref'],
  /** Numbers of OTLP. */
  ['kind', 'u8'],
  ['start_ns', 'u64'],
  ['end_ns', 'u64'],
  /** 0 when the span ends before it starts. */
  ['duration_ns', 'u64'],
  ['status', 'u8'],
  ['status_message', 'text'],
  ['attributes', 'text'],
  ['events', 'text'],
  ['links', 'text'],
  ['resource', 'ref'],
  ['scope', 'ref'],
] as const satisfies readonly Column[];

export const LOG_COLUMNS = [
  ...IDENTITY,
  ['time_ns', 'u64'],
  ['observed_ns', 'u64'],
  ['severity', 'u8'],
  ['severity_text', 'ref'],
  ['event_name', 'ref'],
  ['service', 'ref'],
  /** The body as text, for reading and searching. */
  ['message', 'text'],
  /** The body with its types; null when it is a text. */
  ['body', 'text'],
  /** 0 when not set, as for `span_id`: an id of zeros is no id. */
  ['trace_high', 'u64'],
  ['trace_low', 'u64'],
  ['span_id', 'u64'],
  ['attributes', 'text'],
  ['resource', 'ref'],
  ['scope', 'ref'],
] as const satisfies readonly Column[];

/** What a cell holds on its way in; on its way out a ref is a string. */
export type Cell = number | bigint | string | null;

/** Cells by column, in the order of the table's columns. */
export type ColumnValues = readonly Cell[][];

/** A row as a query returns it. */
export type Row = Readonly<Record<string, Cell>>;
