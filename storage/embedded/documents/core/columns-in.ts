/** Records of the journal to columns of the tables: one pass, no row objects. */
import { isCoded } from '#base/errors.ts';
import { SPAN_KINDS } from '#signals/model.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { decodeLog, decodeResource, decodeScope, decodeSpan } from '#signals/otlp/decode.ts';
import type { LogColumns, SpanColumns } from '#signals/otlp/columns.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { attributesToText, valueToText } from '#storage/embedded/documents/core/attribute-text.ts';
import { valueAsText } from '#signals/value-text.ts';
import type { Catalog } from '#storage/embedded/documents/core/catalog.ts';
import {
  LOG_COLUMNS,
  SPAN_COLUMNS,
  type Cell,
  type Column,
  type ColumnValues,
} from '#storage/embedded/documents/core/columns.ts';
import { spanKey, traceKey } from '#storage/embedded/documents/core/ids.ts';
import type { Signal } from '#storage/embedded/documents/core/manifest.ts';
import {
  eventsToText,
  linksToText,
  producerText,
  scopeToText,
} from '#storage/embedded/documents/core/rows.ts';

/** What pruning needs to know about rows. */
export interface RowsSummary {
  rows: number;
  minUnixNanos: bigint;
  maxUnixNanos: bigint;
  readonly services: Set<string>;
  /** Low halves of the trace ids. */
  readonly traces: Set<bigint>;
  /** Rows and text bytes, cut so that each part is small enough to be written as one file. */
  readonly parts: { rows: number; bytes: number }[];
}

/** DuckDB needs several times this to write a file, and has 128 MiB. */
export const PART_BYTES_MAX = 24 * 2 ** 20;
/** One item with its resource; a larger one would not fit DuckDB's memory and hold up all others. */
export const ITEM_BYTES_MAX = 8 * 2 ** 20;

export function emptySummary(): RowsSummary {
  return {
    rows: 0,
    minUnixNanos: 2n ** 64n - 1n,
    maxUnixNanos: 0n,
    services: new Set(),
    traces: new Set(),
    parts: [],
  };
}

/** Gives a text its number; the same text the same number. */
export type Intern = (text: string) => number;

export interface Taken {
  readonly signal: Signal;
  readonly values: ColumnValues;
  /** Items that are in no row. */
  readonly dropped: Dropped;
}

/** By reason, as in the ledger. */
export interface Dropped {
  /** The scan took them, the decoder could not read them. */
  malformed: number;
  too_large: number;
}

export interface TakeContext {
  readonly intern: Intern;
  readonly summary: RowsSummary;
  readonly catalog: Catalog;
  readonly nowMs: number;
  /** Most rows of one file. */
  readonly rowsMax: number;
}

/** Cells in the making; a row is a list in the order of its columns. */
class Rows {
  readonly values: Cell[][];

  constructor(columns: readonly Column[]) {
    this.values = columns.map(() => []);
  }

  push(cells: readonly Cell[]): void {
    for (const [column, cell] of cells.entries()) this.values[column]?.push(cell);
  }
}

export function takeSpans(record: JournalRecord, context: TakeContext): Taken {
  const { intern, catalog } = context;
  const columns = scanSpans(record.body);
  const rows = new Rows(SPAN_COLUMNS);
  const shared = internShared(columns, intern);
  const bare = { ...columns, resources: [], scopes: [] };
  const identity = identityOf(record, intern);
  const dropped: Dropped = { malformed: 0, too_large: 0 };
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) {
    const bytes = (columns.spanLength[ordinal] ?? 0) + shared.bytes(ordinal);
    const span = unlessUnfit(bytes, dropped, () => decodeSpan(bare, ordinal, record.id));
    if (span === undefined) continue;
    const { high, low } = traceKey(span.traceId);
    const { startUnixNanos: start, endUnixNanos: end } = span;
    const service = columns.resources[columns.resource[ordinal] ?? 0]?.serviceName ?? '';
    catalog.see({ service, name: span.name, kind: span.kind, lastSeenMs: context.nowMs });
    note(context, { unixNanos: start, service, traceLow: low, bytes });
    rows.push([
      ...identity,
      ordinal,
      intern(record.tenant),
      high,
      low,
      spanKey(span.spanId),
      span.parentSpanId === undefined ? 0n : spanKey(span.parentSpanId),
      span.traceState === '' ? null : span.traceState,
      span.flags,
      intern(service),
      intern(span.name),
      SPAN_KINDS.indexOf(span.kind),
      start,
      end,
      end > start ? end - start : 0n,
      columns.statusCode[ordinal] ?? 0,
      span.statusMessage === '' ? null : span.statusMessage,
      attributesToText(span.attributes),
      eventsToText(span.events),
      linksToText(span.links),
      shared.resource(ordinal),
      shared.scope(ordinal),
    ]);
  }
  return { signal: 'spans', values: rows.values, dropped };
}

export function takeLogs(record: JournalRecord, context: TakeContext): Taken {
  const { intern } = context;
  const columns = scanLogs(record.body);
  const rows = new Rows(LOG_COLUMNS);
  const shared = internShared(columns, intern);
  const bare = { ...columns, resources: [], scopes: [] };
  const identity = identityOf(record, intern);
  const dropped: Dropped = { malformed: 0, too_large: 0 };
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) {
    const bytes = (columns.recordLength[ordinal] ?? 0) + shared.bytes(ordinal);
    const log = unlessUnfit(bytes, dropped, () =>
      decodeLog(bare, ordinal, record.id, record.receivedUnixNanos),
    );
    if (log === undefined) continue;
    const trace = log.traceId === undefined ? { high: 0n, low: 0n } : traceKey(log.traceId);
    const service = columns.resources[columns.resource[ordinal] ?? 0]?.serviceName ?? '';
    note(context, { unixNanos: log.unixNanos, service, traceLow: trace.low, bytes });
    rows.push([
      ...identity,
      ordinal,
      intern(record.tenant),
      log.unixNanos,
      log.observedUnixNanos,
      log.severityNumber,
      intern(log.severityText),
      intern(log.eventName),
      intern(service),
      valueAsText(log.body),
      log.body.kind === 'string' ? null : valueToText(log.body),
      trace.high,
      trace.low,
      log.spanId === undefined ? 0n : spanKey(log.spanId),
      attributesToText(log.attributes),
      shared.resource(ordinal),
      shared.scope(ordinal),
    ]);
  }
  return { signal: 'logs', values: rows.values, dropped };
}

function identityOf(record: JournalRecord, intern: Intern): [producer: number, sequence: bigint] {
  const { node, epoch, sequence } = record.id;
  return [intern(producerText(node, epoch)), BigInt(sequence)];
}

interface Noted {
  readonly unixNanos: bigint;
  readonly service: string;
  readonly traceLow: bigint;
  readonly bytes: number;
}

function note({ summary, rowsMax }: TakeContext, { unixNanos, service, traceLow, bytes }: Noted): void {
  summary.rows += 1;
  if (unixNanos < summary.minUnixNanos) summary.minUnixNanos = unixNanos;
  if (unixNanos > summary.maxUnixNanos) summary.maxUnixNanos = unixNanos;
  summary.services.add(service);
  summary.traces.add(traceLow);
  const last = summary.parts.at(-1);
  if (last === undefined || last.rows >= rowsMax || last.bytes + bytes > PART_BYTES_MAX) {
    summary.parts.push({ rows: 1, bytes });
  } else {
    last.rows += 1;
    last.bytes += bytes;
  }
}

/** Resource and scope of an item as references: decoded once each, not once an item. */
function internShared(
  columns: Pick<SpanColumns | LogColumns, 'body' | 'resources' | 'scopes' | 'resource' | 'scope'>,
  intern: Intern,
): { resource(ordinal: number): number; scope(ordinal: number): number; bytes(ordinal: number): number } {
  const { body } = columns;
  const resources = columns.resources.map((resource) =>
    intern(attributesToText(decodeResource(body, resource).attributes)),
  );
  const scopes = columns.scopes.map((scope) => intern(scopeToText(decodeScope(body, scope))));
  const noResource = intern(attributesToText([]));
  const noScope = intern(scopeToText({ name: '', version: '', attributes: [] }));
  return {
    resource: (ordinal) => resources[columns.resource[ordinal] ?? 0] ?? noResource,
    scope: (ordinal) => scopes[columns.scope[ordinal] ?? 0] ?? noScope,
    // In the file they stand in every row, and count in every row while it is written.
    bytes: (ordinal) =>
      (columns.resources[columns.resource[ordinal] ?? 0]?.resourceLength ?? 0) +
      (columns.scopes[columns.scope[ordinal] ?? 0]?.scopeLength ?? 0),
  };
}

function unlessUnfit<T>(bytes: number, dropped: Dropped, decode: () => T): T | undefined {
  if (bytes > ITEM_BYTES_MAX) {
    dropped.too_large += 1;
    return undefined;
  }
  try {
    return decode();
  } catch (error) {
    if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    dropped.malformed += 1;
    return undefined;
  }
}
