/**
 * The consumer `connectors`: reads spans from the journal and makes metrics of
 * them, which go back to the journal. Its counters and its cursor are on disk,
 * in one atomic step, before anyone is shown a value: so no crash ever makes a
 * counter go back.
 */
import { writeFileAtomic } from '#base/atomic-file.ts';
import type { Clock, Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { ConnectorsConfig } from '#collector/connectors/config.ts';
import { Connectors } from '#collector/connectors/core/connectors.ts';
import { DerivedBodies, type DerivedBody } from '#collector/connectors/core/derived-bodies.ts';
import { exposeConnectors } from '#collector/connectors/expose.ts';
import { runConsumer, type ConsumerBatch } from '#journal/consumer.ts';
import type { ConsumerRegistration, Cursor, JournalSource } from '#journal/ports.ts';

export const CONNECTORS_CONSUMER: ConsumerRegistration = { name: 'connectors', onFull: 'refuse' };
/** Bytes of records taken from the journal at once. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Saved early after so much of the journal, which keeps all of it until then. */
const SAVE_JOURNAL_BYTES = 16 * 1024 * 1024;

/** Bodies kept for who takes them: those of a flush are fewer. */
const READY_MAX = 64;
/** Timers may fire a little early. */
const EARLY_MS_MAX = 100;

export interface ConnectorsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  readonly directory: string;
  readonly source: JournalSource;
  readonly config: ConnectorsConfig;
}

/** Takes up where the last snapshot ends, and goes on reading. @throws InvariantError, DiskError */
export async function startConnectors(options: ConnectorsOptions): Promise<RunningConnectors> {
  await options.disk.makeDir(options.directory);
  const snapshot = await options.disk.readFile(pathOf(options));
  return new RunningConnectors(options, new Connectors(options.config, snapshot));
}

export class RunningConnectors implements AsyncDisposable {
  /** Rejects when the consumer fails for good. */
  readonly finished: Promise<void>;
  readonly #options: ConnectorsOptions;
  readonly #connectors: Connectors;
  readonly #stop = new AbortController();
  #journalBytes = 0;
  #saving: Promise<void> = Promise.resolve();
  /** Durable, and not taken yet. */
  #ready: readonly DerivedBody[] = [];
  #timer: Timer;
  #dueMs: { spanmetrics: number; servicegraph: number };
  #lastWallMs: { spanmetrics: number; servicegraph: number };

  constructor(options: ConnectorsOptions, connectors: Connectors) {
    this.#options = options;
    this.#connectors = connectors;
    const { clock, config } = options;
    const [nowMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    const { spanmetrics, servicegraph } = config;
    this.#dueMs = {
      spanmetrics: nowMs + spanmetrics.flushIntervalMs,
      servicegraph: nowMs + servicegraph.flushIntervalMs,
    };
    this.#lastWallMs = { spanmetrics: wallMs, servicegraph: wallMs };
    exposeConnectors(options.meter, connectors);
    this.#timer = this.#startTimer();
    this.finished = runConsumer({
      source: options.source,
      registration: CONNECTORS_CONSUMER,
      cursor: connectors.cursor,
      bytesMax: BATCH_BYTES_MAX,
      clock,
      signal: this.#stop.signal,
      handle: (batch) => this.#take(batch),
    });
  }

  /** How far it has read; what is shown never is ahead of what is saved. */
  get cursor(): Cursor {
    return this.#connectors.cursor;
  }

  /**
   * Metrics to be written to the journal, as `prom-samples`. Values are
   * cumulative: what is lost on the way costs a moment, never a count.
   */
  takeDerived(): readonly DerivedBody[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Makes counters and cursor durable, then shows the metrics that are due. */
  flush(): Promise<void> {
    const { clock, config } = this.#options;
    const bodies = new DerivedBodies();
    const wallMs = clock.wallMs();
    for (const name of ['spanmetrics', 'servicegraph'] as const) {
      if (clock.monotonicMs() < this.#dueMs[name] - EARLY_MS_MAX) continue;
      this.#dueMs[name] = clock.monotonicMs() + config[name].flushIntervalMs;
      this.#connectors[name]?.emit(bodies, { timeMs: wallMs, zeroMs: this.#lastWallMs[name] });
      this.#lastWallMs[name] = wallMs;
    }
    const derived = bodies.take();
    return this.#save(() => {
      if (derived.length > 0) this.#ready = [...this.#ready, ...derived].slice(-READY_MAX);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.cancel();
    this.#stop.abort();
    await this.finished.catch(() => {});
    await this.#orWarn(this.#save(() => {}));
  }

  async #take({ records, cursor }: ConsumerBatch): Promise<void> {
    for (const record of records) {
      this.#connectors.consume(record);
      this.#journalBytes += record.body.length;
    }
    this.#connectors.cursor = cursor;
    if (this.#journalBytes >= SAVE_JOURNAL_BYTES) await this.#orWarn(this.#save(() => {}));
  }

  /** What is saved is settled now; the write comes after those before it. */
  #save(saved: () => void): Promise<void> {
    const { disk, source } = this.#options;
    const { cursor } = this.#connectors;
    const snapshot = this.#connectors.snapshot();
    this.#journalBytes = 0;
    this.#saving = this.#saving
      .catch(() => {})
      .then(async () => {
        await writeFileAtomic(disk, pathOf(this.#options), snapshot);
        saved();
        await source.reportCursor(CONNECTORS_CONSUMER, cursor);
      });
    return this.#saving;
  }

  #startTimer(): Timer {
    const { clock, config } = this.#options;
    const intervalMs = Math.min(config.spanmetrics.flushIntervalMs, config.servicegraph.flushIntervalMs);
    return clock.startTimer(intervalMs, () => {
      this.#timer = this.#startTimer();
      void this.#orWarn(this.flush());
    });
  }

  async #orWarn(saved: Promise<void>): Promise<void> {
    try {
      await saved;
    } catch (error) {
      const text = 'the connectors could not save their counters; nothing new is shown until they can';
      this.#options.log.warn({ error: errorText(error) }, text);
    }
  }
}

function pathOf({ directory }: ConnectorsOptions): string {
  return `${directory}/state.json`;
}
