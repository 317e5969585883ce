/**
 * Exporters: telemetry on its way to a backend that is not ours. The queue of an
 * exporter is the journal and its cursor; nothing waits in memory but one batch.
 */
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';
import type { RecordKind } from '#signals/records.ts';

/** One destination. It keeps no queue and no state of its own that must outlive a crash. */
export interface Exporter extends AsyncDisposable {
  /** What it sends; records of other kinds are not given to it. */
  readonly kinds: ReadonlySet<RecordKind>;
  /** Bytes of record bodies it is given at once, about. */
  readonly batchBytesMax: number;
  /**
   * Sends one batch. Resolves when the destination has every item for good, but
   * for those it will never take. Called again with the same records, and then
   * with `mayRepeat`, after it rejected.
   *
   * @throws {@link ExportError} when trying again can help: the destination is away,
   *   overloaded or asks to wait. Any other error ends the exporter's thread.
   */
  export(batch: ExportBatch): Promise<ExportOutcome>;
}

export interface ExportBatch {
  /** Of `kinds` only, in the order of the journal. Bodies are valid until the promise settles. */
  readonly records: readonly JournalRecord[];
  /** Some of them may have been sent before: by the run before this one, or by a call that rejected. */
  readonly mayRepeat: boolean;
  readonly signal: AbortSignal;
}

export interface ExportOutcome {
  /** Items the destination will never take. They go to the dead letters, and count as dropped by their reason. */
  readonly refused: readonly RefusedItem[];
}

export interface RefusedItem {
  readonly record: RecordId;
  /** Place in the record, from 0; the whole record when undefined. */
  readonly ordinal: number | undefined;
  readonly items: number;
  /** Few and fixed, a label of metrics: `out_of_order`, `rejected`, `too_large` … */
  readonly reason: string;
  /** What the destination said; cut to 500 characters. */
  readonly detail: string;
}

/** The destination did not take the batch, and may later. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  /** What the destination asked for; undefined leaves it to the back-off. */
  readonly retryAfterMs: number | undefined;
  /** The time a request had was up: a smaller one may be done within it. */
  readonly isTooSlow: boolean;

  constructor(
    message: string,
    options: {
      readonly retryAfterMs?: number | undefined;
      readonly isTooSlow?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.isTooSlow = options.isTooSlow ?? false;
  }
}
