/**
 * Runs one exporter whose work several processes share: each has some partitions
 * of the journal, and a partition's cursor is kept beside the journal, where
 * whoever has the partition next finds it.
 *
 *   batch ─▶ announce ─▶ send, again and again ─▶ commit ─▶ next
 *               │ false            │ told to leave     │ false
 *               ▼                  ▼                   ▼
 *             given up: the next owner has it again, and knows that it may repeat
 */
import { sleep, within } from '#base/clock.ts';
import { errorText, isCoded } from '#base/errors.ts';
import {
  LAST_CALL_MS_MAX,
  Sending,
  withoutRefused,
  type SendingOptions,
} from '#collector/exporters/sending.ts';
import { exporterConsumer, type ExporterStatus, type RunningExporter } from '#collector/exporters/status.ts';
import { makeDurableDir } from '#journal/disk/files.ts';
import type { ConsumerRegistration, SharedBatch, SharedReader } from '#journal/ports.ts';

const WAIT_MS = 1000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5000;

export interface SharedExporterOptions extends SendingOptions {
  /** Closed with the exporter. Opened for {@link exporterConsumer} of it. */
  readonly reader: SharedReader;
}

/** Takes up where the group's cursors end. @throws DiskError when there is no folder for dead letters */
export async function startSharedExporter(options: SharedExporterOptions): Promise<RunningExporter> {
  await makeDurableDir(options.disk, options.directory);
  return new SharedExporter(options);
}

class SharedExporter implements RunningExporter {
  readonly finished: Promise<void>;
  readonly #options: SharedExporterOptions;
  readonly #registration: ConsumerRegistration;
  readonly #sending: Sending;
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();

  constructor(options: SharedExporterOptions) {
    this.#options = options;
    this.#registration = exporterConsumer(options.name, options.config);
    this.#sending = new Sending(options);
    options.metrics.watch(() => options.reader);
    this.finished = this.#run();
    // Whoever wants to know awaits `finished`; nobody has to.
    this.finished.catch(() => {});
  }

  status(): ExporterStatus {
    const { name, exporter, reader } = this.#options;
    const { partitions, cursor } = reader.share();
    const consumer = this.#registration.name;
    return {
      name,
      consumer,
      kinds: [...exporter.kinds],
      cursor,
      share: partitions,
      state: this.#sending.state,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const ended = this.finished.catch(() => {});
    await within(this.#options.clock, LAST_CALL_MS_MAX, ended);
    this.#abandon.abort();
    await ended;
    await this.#options.reader[Symbol.asyncDispose]();
    await this.#options.exporter[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const batch = await this.#next();
      if (batch !== undefined) await this.#take(batch);
    }
  }

  async #next(): Promise<SharedBatch | undefined> {
    const { reader, exporter, clock, log } = this.#options;
    const { signal } = this.#stop;
    let retryMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      try {
        return await reader.next({ bytesMax: exporter.batchBytesMax, waitMs: WAIT_MS, signal });
      } catch (error) {
        if (isCoded(error) && !error.canRetry) throw error;
        log.warn({ error: errorText(error) }, 'the journal could not be read; trying again');
        await sleep(clock, retryMs, signal).catch(() => {});
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      }
    }
    return undefined;
  }

  /** What returns early leaves the batch uncommitted: it comes again, here or at another member. */
  async #take(batch: SharedBatch): Promise<void> {
    const { kinds } = this.#options.exporter;
    const records = batch.records.filter((record) => kinds.has(record.kind));
    let { cursor } = batch;
    if (records.length > 0) {
      const patience = AbortSignal.any([this.#stop.signal, batch.leaving]);
      if (!(await this.#untilKept(() => batch.announce(), patience))) return;
      const refused = await this.#sending.deliver({
        records,
        mayRepeat: records.some(({ offset }) => offset < batch.announced),
        signal: AbortSignal.any([this.#abandon.signal, batch.lost]),
        patience,
      });
      if (refused === undefined) return;
      cursor = withoutRefused(cursor, refused, records);
    }
    // Also when told to leave: this batch is done, and the others wait for its commit.
    await this.#untilKept(() => batch.commit(cursor), AbortSignal.any([this.#stop.signal, batch.lost]));
  }

  /** Tried once at least; false when the partition is another's now, or it may not be tried again. */
  async #untilKept(keep: () => Promise<boolean>, patience: AbortSignal): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await keep();
      } catch (error) {
        if (!isCoded(error, 'PLIM_STORE_UNAVAILABLE')) throw error;
        this.#options.log.warn({ error: errorText(error) }, 'the group did not take a cursor; trying again');
        await this.#sending.pause(failures, patience);
        if (patience.aborted) return false;
      }
    }
  }
}
