/**
 * Runs one exporter that works alone: it reads the whole journal, and its cursor
 * stands in a file of its own. One batch is in memory at a time; everything
 * behind it waits in the journal.
 */
import { within, type Timer } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import {
  LAST_CALL_MS_MAX,
  Sending,
  withoutRefused,
  type SendingOptions,
} from '#collector/exporters/sending.ts';
import { ExporterStateFile, mayBeSent, type ExporterState } from '#collector/exporters/state.ts';
import { exporterConsumer, type ExporterStatus, type RunningExporter } from '#collector/exporters/status.ts';
import { runConsumer, type ConsumerBatch } from '#journal/consumer.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalReader,
  JournalRecord,
  JournalSource,
} from '#journal/ports.ts';

/** A cursor that nothing follows is made durable after so long. */
const SAVE_MS = 1000;

export interface ExporterOptions extends SendingOptions {
  readonly source: JournalSource;
}

/** Takes up where its state ends. @throws DiskError */
export async function startExporter(options: ExporterOptions): Promise<RunningExporter> {
  const { file, state } = await ExporterStateFile.open(options.disk, options.directory);
  return new LoneExporter(options, file, state);
}

class LoneExporter implements RunningExporter {
  readonly finished: Promise<void>;
  readonly #options: ExporterOptions;
  readonly #registration: ConsumerRegistration;
  readonly #file: ExporterStateFile;
  readonly #sending: Sending;
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  readonly #startUnixNanos: bigint;
  #state: ExporterState;
  #saved: Cursor;
  #reader: JournalReader | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ExporterOptions, file: ExporterStateFile, state: ExporterState) {
    this.#options = options;
    this.#registration = exporterConsumer(options.name, options.config);
    this.#file = file;
    this.#sending = new Sending(options);
    this.#startUnixNanos = options.clock.wallNanos();
    this.#state = state;
    this.#saved = state.cursor;
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
    return {
      name,
      consumer: this.#registration.name,
      kinds: [...exporter.kinds],
      cursor: this.#state.cursor,
      share: undefined,
      state: this.#sending.state,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    const ended = this.finished.catch(() => {});
    await within(this.#options.clock, LAST_CALL_MS_MAX, ended);
    this.#abandon.abort();
    await ended;
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
      const [patience, { signal }] = [this.#stop.signal, this.#abandon];
      const refused = await this.#sending.deliver({ records, mayRepeat, signal, patience });
      // Stopped before the destination had it: the cursor stays where it was.
      if (refused === undefined) return this.#state.cursor;
      cursor = withoutRefused(batch.cursor, refused, records);
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

  /** Nothing leaves before it is durable that it may have left. */
  async #saveUntilDone(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.#save();
        return;
      } catch (error) {
        this.#warnUnsaved(error);
        await this.#sending.pause(failures, signal);
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
