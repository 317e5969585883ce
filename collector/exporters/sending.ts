/**
 * Delivers one batch: sends it, tries again, keeps what the destination will
 * never take as dead letters. The same for every way to keep a cursor; who
 * calls it knows what may have been sent before, and moves the cursor after.
 */
import { sleep, type Clock } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { CommonConfig } from '#collector/exporters/config.ts';
import { backOffMs } from '#collector/exporters/core/back-off.ts';
import { recordKey } from '#collector/exporters/core/refused.ts';
import { DeadLetters } from '#collector/exporters/dead-letters.ts';
import type { ExporterMetrics } from '#collector/exporters/expose.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
  type RefusedItem,
} from '#collector/exporters/ports.ts';
import { dropItems } from '#journal/core/cursor.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';

/** What a batch is dropped with when its time is up. */
const RETRIES_EXHAUSTED = 'retries_exhausted';

/** A call that is under way when an exporter stops may end within this, so that it need not be repeated. */
export const LAST_CALL_MS_MAX = 1000;

export interface SendingOptions {
  /** As in the configuration: `elasticsearch`, `otlphttp/archive`. */
  readonly name: string;
  readonly exporter: Exporter;
  readonly config: Pick<CommonConfig, 'retry' | 'onFull'>;
  /** Of this exporter alone. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ExporterMetrics;
}

export type SendingState =
  | { readonly kind: 'sending' }
  /** The destination does not take what it is sent. */
  | {
      readonly kind: 'failing';
      readonly sinceUnixMs: number;
      readonly failures: number;
      readonly error: string;
    };

/** A batch for the destination. Its `signal` ends a call that is under way. */
export interface Delivery extends ExportBatch {
  /** When it is aborted no further call begins. */
  readonly patience: AbortSignal;
}

export class Sending {
  readonly #options: SendingOptions;
  readonly #deadLetters: DeadLetters;
  #state: SendingState = { kind: 'sending' };

  constructor(options: SendingOptions) {
    this.#options = options;
    this.#deadLetters = new DeadLetters(options.disk, options.directory);
  }

  get state(): SendingState {
    return this.#state;
  }

  /**
   * Resolves when the destination has every record of the batch but for what it
   * refused, which is among the dead letters then; with undefined when it was told
   * to end before that.
   *
   * @throws what the exporter throws beside ExportError
   */
  async deliver(batch: Delivery): Promise<readonly RefusedItem[] | undefined> {
    const refused = await this.#sendUntilDone(batch);
    if (refused !== undefined) await this.#bury(batch.records, refused);
    return refused;
  }

  /** Waits as after so many failures; resolves early when `signal` is aborted. */
  async pause(failures: number, signal: AbortSignal, retryAfterMs?: number): Promise<void> {
    const { clock, config, random } = this.#options;
    await sleep(clock, backOffMs(config.retry, failures, retryAfterMs, random), signal).catch(() => {});
  }

  async #sendUntilDone(batch: Delivery): Promise<readonly RefusedItem[] | undefined> {
    const { clock, config, metrics } = this.#options;
    const { records, patience } = batch;
    const beginMs = clock.monotonicMs();
    let { mayRepeat } = batch;
    for (let failures = 1; !patience.aborted && !batch.signal.aborted; failures += 1) {
      const answer = await this.#send({ ...batch, mayRepeat });
      if (!(answer instanceof ExportError)) {
        this.#recovered();
        metrics.sent(records, answer.refused);
        return answer.refused;
      }
      if (batch.signal.aborted) return undefined;
      this.#failed(answer, failures);
      const { retry } = config;
      const elapsedMs = clock.monotonicMs() - beginMs;
      if (!retry.isEnabled || elapsedMs >= (retry.maxElapsedMs ?? Number.POSITIVE_INFINITY)) {
        const refused = records.map((record) => allOf(record, answer));
        metrics.sent(records, refused);
        return refused;
      }
      mayRepeat = true;
      await this.pause(failures, patience, answer.retryAfterMs);
    }
    return undefined;
  }

  async #send({ records, mayRepeat, signal }: ExportBatch): Promise<ExportOutcome | ExportError> {
    const { clock, exporter, metrics } = this.#options;
    const beginMs = clock.monotonicMs();
    try {
      return await exporter.export({ records, mayRepeat, signal });
    } catch (error) {
      if (error instanceof ExportError) return error;
      if (signal.aborted) return new ExportError('stopped', { cause: error });
      throw error;
    } finally {
      metrics.took((clock.monotonicMs() - beginMs) / 1000);
    }
  }

  #failed(error: ExportError, failures: number): void {
    const { clock, log, metrics } = this.#options;
    metrics.failed();
    const sinceUnixMs = this.#state.kind === 'failing' ? this.#state.sinceUnixMs : clock.wallMs();
    // Said once; the state and the metrics tell the rest.
    if (this.#state.kind === 'sending')
      log.warn({ error: error.message }, 'the destination does not take what it is sent; trying again');
    this.#state = { kind: 'failing', sinceUnixMs, failures, error: error.message };
  }

  #recovered(): void {
    const { clock, log } = this.#options;
    if (this.#state.kind === 'failing') {
      const failedMs = clock.wallMs() - this.#state.sinceUnixMs;
      log.warn({ failedMs, failures: this.#state.failures }, 'the destination takes data again');
    }
    this.#state = { kind: 'sending' };
  }

  async #bury(records: readonly JournalRecord[], refused: readonly RefusedItem[]): Promise<void> {
    try {
      await this.#deadLetters.add(records, refused, this.#options.clock.wallMs());
    } catch (error) {
      // They are counted all the same; a full disk must not hold up what can be sent.
      this.#options.log.warn({ error: errorText(error) }, 'dead letters could not be kept');
    }
  }
}

/** The cursor behind a batch, what was refused of it counted as dropped. */
export function withoutRefused(
  cursor: Cursor,
  refused: readonly RefusedItem[],
  records: readonly JournalRecord[],
): Cursor {
  const kinds = new Map(records.map(({ id, kind }) => [recordKey(id), kind]));
  return refused.reduce((after, { record, reason, items }) => {
    const kind = present(kinds.get(recordKey(record)), 'an exporter refuses items of its batch only');
    return dropItems(after, reason, kind, items);
  }, cursor);
}

function allOf(record: JournalRecord, error: ExportError): RefusedItem {
  const { id, items } = record;
  return { record: id, ordinal: undefined, items, reason: RETRIES_EXHAUSTED, detail: error.message };
}
