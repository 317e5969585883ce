/**
 * Runs one exporter: reads the journal, sends, tries again, and moves the
 * cursor on when the destination has a batch. One batch is in memory at a time;
 * everything behind it waits in the journal.
 */
import { sleep, type Clock, type Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { CommonConfig } from '#collector/exporters/config.ts';
import { backOffMs } from '#collector/exporters/core/back-off.ts';
import { DeadLetters } from '#collector/exporters/dead-letters.ts';
import type { ExporterMetrics } from '#collector/exporters/expose.ts';
import {
  ExportError,
  type Exporter,
  type ExportOutcome,
  type RefusedItem,
} from '#collector/exporters/ports.ts';
import { ExporterStateFile, mayBeSent, type ExporterState } from '#collector/exporters/state.ts';
import { runConsumer, type ConsumerBatch } from '#journal/consumer.ts';
import { dropItems } from '#journal/core/cursor.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  JournalRecord,
  JournalSource,
} from '#journal/ports.ts';
import { present } from '#base/invariant.ts';
import type { RecordKind } from '#signals/records.ts';

/** A cursor that nothing follows is made durable after so long. */
const SAVE_MS = 1000;
/** What a batch is dropped with when its time is up. */
const RETRIES_EXHAUSTED = 'retries_exhausted';

export interface ExporterOptions {
  /** As in the configuration: `elasticsearch`, `otlphttp/archive`. */
  readonly name: string;
  readonly exporter: Exporter;
  readonly config: Pick<CommonConfig, 'retry' | 'onFull'>;
  readonly source: JournalSource;
  /** Of this exporter alone. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ExporterMetrics;
}

/** Where an exporter stands, for people. */
export interface ExporterStatus {
  readonly name: string;
  /** Its name among the consumers of the journal. */
  readonly consumer: string;
  /** What it sends. */
  readonly kinds: readonly RecordKind[];
  readonly cursor: Cursor;
  readonly state:
    | { readonly kind: 'sending' }
    /** The destination does not take what it is sent. */
    | {
        readonly kind: 'failing';
        readonly sinceUnixMs: number;
        readonly failures: number;
        readonly error: string;
      };
}

/** The consumer behind an exporter: names of consumers know no slash. */
export function exporterConsumer(
  name: string,
  { onFull }: Pick<CommonConfig, 'onFull'>,
): ConsumerRegistration {
  return { name: name.replace('/', '-'), onFull };
}

/** Takes up where its state ends. @throws DiskError */
export async function startExporter(options: ExporterOptions): Promise<RunningExporter> {
  const { file, state } = await ExporterStateFile.open(options.disk, options.directory);
  return new RunningExporter(options, file, state);
}

export class RunningExporter implements AsyncDisposable {
  /** Rejects when the exporter fails for good. */
  readonly finished: Promise<void>;
  readonly #options: ExporterOptions;
  readonly #registration: ConsumerRegistration;
  readonly #file: ExporterStateFile;
  readonly #deadLetters: DeadLetters;
  readonly #stop = new AbortController();
  readonly #startUnixNanos: bigint;
  #state: ExporterState;
  #saved: Cursor;
  #status: ExporterStatus['state'] = { kind: 'sending' };
  #reader: JournalReader | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ExporterOptions, file: ExporterStateFile, state: ExporterState) {
    this.#options = options;
    this.#registration = exporterConsumer(options.name, options.config);
    this.#file = file;
    this.#startUnixNanos = options.clock.wallNanos();
    this.#state = state;
    this.#saved = state.cursor;
    this.#deadLetters = new DeadLetters(options.disk, options.directory);
    options.metrics.watch(() => this.#reader);
    this.finished = runConsumer({
      source: options.source,
      registration: this.#registration,
      cursor: state.cursor,
      bytesMax: options.exporter.batchBytesMax,
      clock: options.clock,
      signal: this.#stop.signal,
      handle: (batch) => this.#take(batch),
      onReadError: (error) =>
        options.log.warn({ error: errorText(error) }, 'the journal could not be read; trying again'),
    });
    // Whoever wants to know awaits `finished`; nobody has to.
    this.finished.catch(() => {});
  }

  status(): ExporterStatus {
    const { name, exporter } = this.#options;
    const consumer = this.#registration.name;
    return { name, consumer, kinds: [...exporter.kinds], cursor: this.#state.cursor, state: this.#status };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.finished.catch(() => {});
    await this.#save().catch((error: unknown) => this.#warnUnsaved(error));
    await this.#options.exporter[Symbol.asyncDispose]();
  }

  async #take(batch: ConsumerBatch): Promise<Cursor> {
    this.#reader = batch.reader;
    const { kinds } = this.#options.exporter;
    const records = batch.records.filter((record) => kinds.has(record.kind));
    const before = this.#sendingBefore(records);
    const mayRepeat = records.some((record) => mayBeSent(record, before));
    let cursor = batch.cursor;
    if (records.length > 0) {
      this.#state = { ...this.#state, sending: before === 'unknown' ? before : batch.cursor.position };
      await this.#saveUntilDone();
      const refused = await this.#sendUntilDone(records, mayRepeat);
      // Stopped before the destination had it: the cursor stays where it was.
      if (refused === undefined) return this.#state.cursor;
      await this.#bury(records, refused);
      cursor = refused.reduce((after, item) => countRefused(after, item, records), batch.cursor);
    }
    this.#state = { ...this.#state, cursor };
    this.#arm();
    return cursor;
  }

  /** What came after the start was not sent before it: not knowing has an end. */
  #sendingBefore(records: readonly JournalRecord[]): ExporterState['sending'] {
    const { sending } = this.#state;
    if (sending !== 'unknown') return sending;
    const isAfterStart = records.every((record) => record.receivedUnixNanos > this.#startUnixNanos);
    return isAfterStart && records.length > 0 ? {} : 'unknown';
  }

  /** Undefined when stopped. */
  async #sendUntilDone(
    records: readonly JournalRecord[],
    mayRepeat: boolean,
  ): Promise<readonly RefusedItem[] | undefined> {
    const { clock, config, random, metrics } = this.#options;
    const beginMs = clock.monotonicMs();
    let repeats = mayRepeat;
    for (let failures = 1; !this.#stop.signal.aborted; failures += 1) {
      const answer = await this.#send(records, repeats);
      if (!(answer instanceof ExportError)) {
        this.#recovered();
        metrics.sent(records, answer.refused);
        return answer.refused;
      }
      if (this.#stop.signal.aborted) return undefined;
      this.#failed(answer, failures);
      const { retry } = config;
      const elapsedMs = clock.monotonicMs() - beginMs;
      if (!retry.isEnabled || elapsedMs >= (retry.maxElapsedMs ?? Number.POSITIVE_INFINITY)) {
        const refused = records.map((record) => allOf(record, answer));
        metrics.sent(records, refused);
        return refused;
      }
      repeats = true;
      const waitMs = backOffMs(retry, failures, answer.retryAfterMs, random);
      await sleep(clock, waitMs, this.#stop.signal).catch(() => {});
    }
    return undefined;
  }

  async #send(records: readonly JournalRecord[], mayRepeat: boolean): Promise<ExportOutcome | ExportError> {
    const { clock, exporter, metrics } = this.#options;
    const beginMs = clock.monotonicMs();
    try {
      return await exporter.export({ records, mayRepeat, signal: this.#stop.signal });
    } catch (error) {
      if (error instanceof ExportError) return error;
      if (this.#stop.signal.aborted) return new ExportError('stopped', { cause: error });
      throw error;
    } finally {
      metrics.took((clock.monotonicMs() - beginMs) / 1000);
    }
  }

  #failed(error: ExportError, failures: number): void {
    const { clock, log, metrics } = this.#options;
    metrics.failed();
    const sinceUnixMs = this.#status.kind === 'failing' ? this.#status.sinceUnixMs : clock.wallMs();
    // Said once; the state and the metrics tell the rest.
    if (this.#status.kind === 'sending')
      log.warn({ error: error.message }, 'the destination does not take what it is sent; trying again');
    this.#status = { kind: 'failing', sinceUnixMs, failures, error: error.message };
  }

  #recovered(): void {
    const { clock, log } = this.#options;
    if (this.#status.kind === 'failing') {
      const failedMs = clock.wallMs() - this.#status.sinceUnixMs;
      log.warn({ failedMs, failures: this.#status.failures }, 'the destination takes data again');
    }
    this.#status = { kind: 'sending' };
  }

  async #bury(records: readonly JournalRecord[], refused: readonly RefusedItem[]): Promise<void> {
    try {
      await this.#deadLetters.add(records, refused, this.#options.clock.wallMs());
    } catch (error) {
      // They are counted all the same; a full disk must not hold up what can be sent.
      this.#options.log.warn({ error: errorText(error) }, 'dead letters could not be kept');
    }
  }

  /** Nothing leaves before it is durable that it may have left. */
  async #saveUntilDone(): Promise<void> {
    const { clock, config, random } = this.#options;
    for (let failures = 1; !this.#stop.signal.aborted; failures += 1) {
      try {
        await this.#save();
        return;
      } catch (error) {
        this.#warnUnsaved(error);
        await sleep(clock, backOffMs(config.retry, failures, undefined, random), this.#stop.signal).catch(
          () => {},
        );
      }
    }
  }

  #save(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        const state = this.#state;
        await this.#file.save(state);
        if (state.cursor === this.#saved) return;
        this.#saved = state.cursor;
        await this.#options.source.reportCursor(this.#registration, state.cursor);
      });
    return this.#writing;
  }

  #warnUnsaved(error: unknown): void {
    this.#options.log.warn({ error: errorText(error) }, 'the state of an exporter could not be saved');
  }

  #arm(): void {
    this.#timer ??= this.#options.clock.startTimer(SAVE_MS, () => {
      this.#timer = undefined;
      this.#save().catch((error: unknown) => {
        this.#warnUnsaved(error);
        if (!this.#stop.signal.aborted) this.#arm();
      });
    });
  }
}

function allOf(record: JournalRecord, error: ExportError): RefusedItem {
  const { id, items } = record;
  return { record: id, ordinal: undefined, items, reason: RETRIES_EXHAUSTED, detail: error.message };
}

function countRefused(cursor: Cursor, refused: RefusedItem, records: readonly JournalRecord[]): Cursor {
  const { node, epoch, sequence } = refused.record;
  const record = records.find(({ id }) => id.sequence === sequence && id.epoch === epoch && id.node === node);
  const { kind } = present(record, 'an exporter refuses items of its batch only');
  return dropItems(cursor, refused.reason, kind, refused.items);
}
