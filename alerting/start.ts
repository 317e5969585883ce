/**
 * Alerting as it runs: the journal's records go to the engine, a tick a second
 * judges them, and the driver stores, routes and sends. Everything here is one
 * thread; the driver's steps never interleave.
 */
import { sleep, type Clock } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Net } from '#base/net.ts';
import type { Problem } from '#base/problem.ts';
import type { Random } from '#base/random.ts';
import { runConsumer } from '#journal/consumer.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, Cursor, JournalReader, JournalSource } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { evidenceWanted, keepEvidence, keptEvidence } from '#alerting/api/evidence.ts';
import { acknowledge, addNote, unacknowledge } from '#alerting/api/incidents.ts';
import { listAlerts, listGroups } from '#alerting/api/alerts.ts';
import { expireSilence, getSilence, listSilences, putSilence } from '#alerting/api/silences.ts';
import type { AlertingConfig } from '#alerting/config.ts';
import { formatAlertmanagerConfig } from '#alerting/config-text.ts';
import { AlertmanagerSender } from '#alerting/alertmanagers/sender.ts';
import { Driver } from '#alerting/driver/driver.ts';
import { alertingMetrics } from '#alerting/driver/metrics.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { publishStatus } from '#alerting/driver/publish.ts';
import { steadyClock } from '#alerting/driver/steady-clock.ts';
import { integrationsByReceiver } from '#alerting/notify/integration.ts';
import type { AlertingApi } from '#alerting/ports.ts';
import { compileRoute } from '#alerting/router/core/route.ts';
import { Silencer } from '#alerting/router/core/silence.ts';
import type { SloEngine } from '#alerting/slo/ports.ts';
import { openDatabase } from '#alerting/state/database.ts';
import { createStore } from '#alerting/state/store.ts';

/** Pages must not be missed for want of space: the door refuses before this consumer loses anything. */
export const ALERTING_CONSUMER: ConsumerRegistration = { name: 'alerting', onFull: 'refuse' };

/** How often SLOs are judged: the granularity of the shortest ring. */
export const TICK_MS = 1000;
/** Read at a time: a few milliseconds of counting, so that a tick is never late for long. */
const BATCH_BYTES_MAX = 1024 * 1024;
/** Most incidents and deliveries one call returns. */
const LIST_MAX = 1000;
/** Incidents whose evidence is asked for at a time: a storm of them is worked off one after another. */
const EVIDENCE_WANTED_MAX = 100;
/** What stands for "nobody knows yet": far behind. */
const LAG_UNKNOWN_MS = 86_400_000;
/** After a consumer loop that broke. */
const CONSUMER_RETRY_MS = 1000;

export interface LoadedDocuments {
  readonly documents: readonly SloDocument[];
  readonly problems: readonly Problem[];
}

export interface AlertingOptions {
  readonly source: JournalSource;
  readonly engine: SloEngine;
  /** Reads the SLO folder. */
  readonly loadDocuments: () => Promise<LoadedDocuments>;
  readonly config: AlertingConfig;
  /** A file, or `:memory:`. */
  readonly databasePath: string;
  readonly clock: Clock;
  readonly net: Net;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
  /** Where people reach the origin; links in pages start with it. */
  readonly externalUrl: string;
}

export type Alerting = AlertingApi & AsyncDisposable;

/** @throws CodedError `PLIM_DATA_UNUSABLE`, `PLIM_DISK_FULL` */
export async function startAlerting(options: AlertingOptions): Promise<Alerting> {
  const loaded = await options.loadDocuments();
  const running = new Running(options, loaded);
  running.start();
  return running.api();
}

class Running {
  readonly #options: AlertingOptions;
  readonly #parts: DriverParts;
  readonly #driver: Driver;
  readonly #alertmanagers: readonly AlertmanagerSender[];
  readonly #stop = new AbortController();
  readonly #startedAtMs: number;
  #loaded: LoadedDocuments;
  #reader: JournalReader | undefined;
  #lagMs = 0;
  #loops: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: AlertingOptions, loaded: LoadedDocuments) {
    const { clock, net, random, log, config } = options;
    this.#options = options;
    this.#loaded = loaded;
    this.#startedAtMs = clock.wallMs();
    this.#parts = {
      store: createStore(openDatabase(options.databasePath), random),
      clock,
      steady: steadyClock(clock),
      net,
      random,
      log,
      metrics: alertingMetrics(options.meter),
      route: compileRoute(config.route),
      integrations: integrationsByReceiver(config.receivers),
      silencer: new Silencer(),
      tenant: DEFAULT_TENANT,
      externalUrl: options.externalUrl.replace(/\/+$/, ''),
    };
    this.#driver = new Driver(this.#parts, options.engine, NEW_CURSOR);
    this.#alertmanagers = config.alertmanagers.map(
      (target) => new AlertmanagerSender(this.#parts, target, config.externalLabels),
    );
  }

  start(): void {
    const { documents, problems } = this.#loaded;
    this.#driver.start({ documents, complete: isComplete(problems) });
    const alertmanagers = new Set(this.#options.config.alertmanagers.map(({ name }) => name));
    this.#parts.store.told.keepOnly(alertmanagers);
    publishStatus(this.#parts, this.#options);
    this.#loops = Promise.all([this.#consume(), this.#tick()]);
  }

  api(): Alerting {
    const parts = this.#parts;
    const { store } = parts;
    return {
      status: async () => ({
        cursor: this.#driver.cursor,
        startedAtMs: this.#startedAtMs,
        slos: this.#loaded.documents.length,
        problems: this.#loaded.problems,
        deliveriesWaiting: store.outbox.waitingCount(),
        lagMs: this.#lagMs,
      }),
      routing: async () => ({
        receivers: this.#options.config.receivers.map(({ name }) => name),
        config: formatAlertmanagerConfig(this.#options.config),
      }),
      slos: async () => this.#options.engine.status(parts.clock.wallMs()),
      sloHistory: async (id, range) => this.#options.engine.history(id, range, parts.clock.wallMs()),
      alerts: async (filter) => listAlerts(parts, filter),
      alertGroups: async (filter) => listGroups(parts, filter),
      silences: async (matchers) => listSilences(parts, matchers),
      silence: async (id) => getSilence(parts, id),
      putSilence: async (draft) => putSilence(parts, draft),
      expireSilence: async (id) => expireSilence(parts, id),
      incidents: async ({ limit, ...filter }) => store.incidents.list(filter, Math.min(limit, LIST_MAX)),
      incident: async (id) => store.incidents.get(id),
      acknowledge: async (id, by) => acknowledge(parts, id, by),
      unacknowledge: async (id, by) => unacknowledge(parts, id, by),
      addNote: async (id, note) => addNote(parts, id, note),
      evidenceWanted: async () => evidenceWanted(parts, EVIDENCE_WANTED_MAX),
      keepEvidence: async (id, evidence) => keepEvidence(parts, id, evidence),
      keptEvidence: async (id) => keptEvidence(parts, id),
      deliveries: async (limit) => store.outbox.list(Math.min(limit, LIST_MAX)),
      reload: () => this.#reload(),
      [Symbol.asyncDispose]: () => (this.#closing ??= this.#close()),
    };
  }

  /** A folder with a broken file changes nothing: what is hidden by the error must not resolve. */
  async #reload(): Promise<readonly Problem[]> {
    const loaded = await this.#options.loadDocuments();
    if (isComplete(loaded.problems)) {
      this.#driver.configure(loaded.documents);
      this.#loaded = loaded;
    } else {
      this.#loaded = { documents: this.#loaded.documents, problems: loaded.problems };
    }
    return loaded.problems;
  }

  async #consume(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await runConsumer({
          source: this.#tapped(),
          registration: ALERTING_CONSUMER,
          cursor: this.#driver.cursor,
          bytesMax: BATCH_BYTES_MAX,
          handle: async ({ records, cursor }) => this.#driver.consume(records, cursor),
          signal,
          clock: this.#options.clock,
          onReadError: (error) => this.#failed('read', error),
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#failed('consume', error);
        await this.#pause(CONSUMER_RETRY_MS);
      }
    }
  }

  /** The source, with a hand on the reader: the lag is asked of it between batches too. */
  #tapped(): JournalSource {
    const { source } = this.#options;
    return {
      capabilities: source.capabilities,
      open: async (options) => (this.#reader = await source.open(options)),
      reportCursor: (consumer, cursor) => source.reportCursor(consumer, cursor),
    };
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    let dueMs = clock.monotonicMs() + TICK_MS;
    while (!signal.aborted) {
      await this.#pause(Math.max(0, dueMs - clock.monotonicMs()));
      // Ticks missed while the thread was busy are not made up for.
      dueMs = Math.max(dueMs + TICK_MS, clock.monotonicMs());
      if (signal.aborted) return;
      try {
        this.#lagMs = await this.#lag();
        this.#parts.metrics.lag.set(this.#lagMs / 1000);
        const durable = this.#driver.tick(this.#lagMs);
        for (const alertmanager of this.#alertmanagers) alertmanager.step();
        if (durable !== undefined) await this.#report(durable);
      } catch (error) {
        this.#failed('tick', error);
      }
    }
  }

  /** Until the journal has been opened nobody knows; that counts as far behind. */
  async #lag(): Promise<number> {
    if (this.#reader === undefined) return LAG_UNKNOWN_MS;
    const { bytes, oldestUnixNanos } = await this.#reader.lag();
    if (bytes === 0 || oldestUnixNanos === undefined) return 0;
    return Math.max(0, this.#options.clock.wallMs() - Number(oldestUnixNanos / 1_000_000n));
  }

  async #report(cursor: Cursor): Promise<void> {
    await this.#options.source.reportCursor(ALERTING_CONSUMER, cursor);
  }

  #failed(step: string, error: unknown): void {
    this.#parts.metrics.failures.add(1, { step });
    this.#parts.log.error({ step, error: errorText(error) }, 'alerting: a step failed; it is tried again');
  }

  async #pause(durationMs: number): Promise<void> {
    await sleep(this.#options.clock, durationMs, this.#stop.signal).catch(() => {});
  }

  /** Stops the loops, stores what was counted, closes the database. */
  async #close(): Promise<void> {
    this.#stop.abort(new Error('shutting down'));
    this.#driver.close();
    await Promise.all([this.#loops, ...this.#alertmanagers.map((alertmanager) => alertmanager.close())]);
    try {
      await this.#report(this.#driver.save());
    } catch (error) {
      this.#failed('close', error);
    }
    this.#parts.store.close();
  }
}

function isComplete(problems: readonly Problem[]): boolean {
  return problems.every((problem) => problem.severity !== 'error');
}
