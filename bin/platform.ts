/**
 * The platform: starts the threads a role needs, puts the origin in front, and
 * stops all in order: first nothing more comes in, then everyone flushes.
 */
import { CodedError } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import { systemClock } from '#base/real/clock.ts';
import { createLogger } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { launchChild, launchWorker } from '#bin/supervise/hosts.ts';
import { Part } from '#bin/supervise/part.ts';
import { startConsole } from '#bin/console.ts';
import { carryDerived } from '#bin/derived.ts';
import { keepEvidence } from '#bin/evidence/keeper.ts';
import { createPipelineView } from '#bin/pipeline-view.ts';
import { hasRemoteStores, keepsDocuments, PartOptions } from '#bin/part-options.ts';
import { behindIngest, documentsOf, type Parts } from '#bin/parts.ts';
import type { DocumentsApi, DocumentsOptions } from '#bin/threads/documents.ts';
import type { IngestInfo } from '#bin/threads/ingest.ts';
import type { UpSettings } from '#bin/verbs/settings.ts';
import { packageVersion } from '#bin/version.ts';
import { SharedCommitted } from '#journal/disk/committed.ts';
import { publishRead } from '#journal/progress.ts';
import { METRICS } from '#signals/registry.ts';
import { listen } from '#server/http/listen.ts';
import { metricsPage } from '#server/http/metrics-page.ts';
import type { Build } from '#server/plimsoll/build.ts';
import { hostName, LOOPBACK_NAMES, type AccessRules } from '#base/real/http-access.ts';
import type { Console } from '#server/console.ts';
import { createOrigin } from '#server/origin.ts';
import { routersFor } from '#server/routers.ts';

export type Role = 'up' | 'collector' | 'alerting';

export interface Platform extends AsyncDisposable {
  readonly origin: string;
  readonly otlpHttp: string | null;
  /** Where Jaeger's clients post to, without the path. */
  readonly jaegerHttp: string | null;
}

/** Heap a worker may use before it is ended and started again. */
const HEAP_MIB_MAX = 1024;
/** Wall clock at the start of the process; later jumps of the clock do not move it. */
const STARTED_AT_MS = Math.round(performance.timeOrigin);
/** How long a wait for the next commit lasts before it is looked at again. */
const COMMIT_WAIT_MS = 200;

/** @throws CodedError when an address is taken or a part does not start; nothing is left running then */
export async function startPlatform(
  role: Role,
  settings: UpSettings,
  onLost: (error: CodedError) => void,
): Promise<Platform> {
  const log = createLogger('main', settings.logLevel);
  const builder = new PlatformBuilder(role, settings, log, onLost);
  try {
    return await builder.start();
  } catch (error) {
    await builder[Symbol.asyncDispose]();
    throw error;
  }
}

class PlatformBuilder implements AsyncDisposable {
  readonly #role: Role;
  readonly #settings: UpSettings;
  readonly #log: Logger;
  readonly #onLost: (error: CodedError) => void;
  readonly #options: PartOptions;
  readonly #stop = new AbortController();
  /** The main thread's own metrics. */
  readonly #main = createMeter();
  /** All that run, whatever their interface. */
  readonly #running: SupervisedPart[] = [];
  #parts: Parts | undefined;
  #ingestInfo: IngestInfo | undefined;
  #closeOrigin: (() => Promise<void>) | undefined;

  constructor(role: Role, settings: UpSettings, log: Logger, onLost: (error: CodedError) => void) {
    this.#role = role;
    this.#settings = settings;
    this.#log = log;
    this.#onLost = onLost;
    this.#options = new PartOptions(role, settings);
  }

  async start(): Promise<Platform> {
    const { listen: address } = this.#settings;
    // The origin's port is taken first: links in pages need it, and a taken one should be said at once.
    const listening = await listen((request, response) => handler(request, response), address, '--listen');
    let handler: Parameters<typeof listen>[0] = (_request, response) => {
      response.writeHead(503, { 'Retry-After': '1' }).end();
    };
    this.#closeOrigin = async () => {
      await listening[Symbol.asyncDispose]();
    };
    const parts = this.#makeParts(this.#settings.config.server.externalUrl ?? listening.url);
    this.#parts = parts;
    this.#ingestInfo = await parts.ingest?.start();
    await Promise.all(behindIngest(parts).map((part) => part.start()));
    if (parts.documents !== undefined) void this.#tellDocuments(parts.documents);
    void carryDerived(parts, this.#main, this.#stop.signal);
    void this.#keepEvidence(parts);
    handler = this.#origin(parts, listening.address.host);
    return {
      origin: listening.url,
      otlpHttp: this.#ingestInfo?.otlpHttpUrl ?? null,
      jaegerHttp: this.#ingestInfo?.jaegerHttpUrl ?? null,
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#closeOrigin?.(), this.#parts?.ingest?.stop()]);
    const rest = this.#parts === undefined ? [] : behindIngest(this.#parts);
    await Promise.all(rest.map((part) => part.stop()));
  }

  #makeParts(externalUrl: string): Parts {
    const { config } = this.#settings;
    const role = this.#role;
    const options = this.#options;
    const all = role === 'up';
    return {
      ingest:
        role === 'alerting' ? undefined : this.#worker('ingest', () => options.ingest(this.#ingestInfo)),
      documents: all && keepsDocuments(config) ? this.#documents() : undefined,
      remoteStores:
        all && hasRemoteStores(config)
          ? this.#worker('remote-stores', () => options.remoteStores())
          : undefined,
      metrics: all ? this.#worker('metrics', () => options.metrics()) : undefined,
      exporters:
        role === 'alerting' || config.exporters.length === 0
          ? undefined
          : this.#worker('exporters', () => options.exporters()),
      alerting:
        role === 'collector' ? undefined : this.#worker('alerting', () => options.alerting(externalUrl)),
    };
  }

  #worker<Api extends object, Options, Info>(name: string, options: () => Options): Part<Api, Options, Info> {
    const file = new URL(`threads/${name}.ts`, import.meta.url);
    return this.#part(name, () => launchWorker(name, file, HEAP_MIB_MAX), options);
  }

  #documents(): Part<DocumentsApi, DocumentsOptions, undefined> {
    const file = new URL('threads/documents.ts', import.meta.url);
    return this.#part(
      'documents',
      () => launchChild(file),
      () => this.#options.documents(),
    );
  }

  #part<Api extends object, Options, Info>(
    name: string,
    launch: ConstructorParameters<typeof Part<Api, Options, Info>>[0]['launch'],
    options: () => Options,
  ): Part<Api, Options, Info> {
    const part = new Part<Api, Options, Info>({
      name,
      launch,
      options,
      clock: systemClock,
      log: this.#log,
      onLost: this.#onLost,
    });
    this.#running.push(part);
    return part;
  }

  /** A child process cannot share the cell: it is told, one message at a time, the newest value. */
  async #tellDocuments(documents: Part<DocumentsApi, DocumentsOptions, undefined>): Promise<void> {
    const committed = new SharedCommitted(this.#options.committed);
    const cell = this.#options.cellOf('documents');
    let told = 0;
    while (!this.#stop.signal.aborted) {
      const offset = await committed.waitBeyond(told, COMMIT_WAIT_MS, this.#stop.signal);
      // Told even when nothing is new: a child that was started again has to hear it.
      const read = await documents.api.setCommitted(offset).catch(() => undefined);
      if (read !== undefined && cell !== undefined) publishRead(cell.cells, cell.consumer, read);
      told = offset;
    }
  }

  async #keepEvidence(parts: Parts): Promise<void> {
    const { alerting, metrics } = parts;
    if (alerting === undefined) return;
    const stores = { documents: documentsOf(parts, this.#settings.config), prometheus: metrics?.api };
    const outside = { clock: systemClock, log: this.#log, meter: this.#main };
    await keepEvidence({ alerting: alerting.api, stores, ...outside }, this.#stop.signal);
  }

  #origin(parts: Parts, host: string): ReturnType<typeof createOrigin> {
    exposeMain(this.#main, this.#running);
    const main = this.#main;
    const view = createPipelineView(parts);
    const present =
      this.#role === 'up' ? startConsole(this.#log, this.#stop.signal) : (): Console => ({ state: 'absent' });
    return createOrigin({
      access: this.#accessRules(host),
      log: this.#log,
      routers: routersFor({
        alerting: parts.alerting?.api,
        documents: documentsOf(parts, this.#settings.config),
        documentSearch: parts.documents?.api,
        intake: parts.ingest?.api,
        prometheus: parts.metrics?.api,
        dependencies: parts.metrics?.api,
        pipeline: () => view.read(),
        companions: this.#settings.config.server.companions,
        build: buildOf(packageVersion()),
        clock: systemClock,
        net: systemNet,
        meter: main,
      }),
      console: present,
      metrics: async () => {
        const [, ...families] = await Promise.all([
          view.expose(main),
          ...this.#running.map((part) => part.collect()),
        ]);
        return metricsPage([await main.collect(), ...families]);
      },
      notReady: () => {
        const down = this.#running.find((part) => !part.isUp);
        return down === undefined ? undefined : `${down.name} is being started`;
      },
    });
  }

  #accessRules(host: string): AccessRules {
    const { server } = this.#settings.config;
    const external =
      server.externalUrl === undefined ? undefined : hostName(new URL(server.externalUrl).host);
    const names = [...LOOPBACK_NAMES, host.toLowerCase(), ...server.allowedHosts, external];
    return { hosts: new Set(names.filter((name) => name !== undefined)), apiKey: server.apiKey };
  }
}

function buildOf(version: string): () => Build {
  return () => ({
    version,
    node: process.version,
    startedAtMs: STARTED_AT_MS,
    uptimeMs: Math.round(process.uptime() * 1000),
  });
}

/** What is the same for every part. */
type SupervisedPart = Pick<Part<object, unknown, unknown>, 'name' | 'restarts' | 'isUp' | 'collect'>;

function exposeMain(meter: Meter, parts: readonly SupervisedPart[]): void {
  const restarts = meter.counter(METRICS.threadRestarts);
  const counted = new Map<string, number>();
  const resident = meter.gauge(METRICS.residentBytes);
  meter.gauge(METRICS.processStart).set(Math.round(STARTED_AT_MS / 1000));
  meter.gauge(METRICS.buildInfo).set(1, { version: packageVersion() });
  meter.onCollect(() => {
    for (const part of parts) {
      restarts.add(part.restarts - (counted.get(part.name) ?? 0), { thread: part.name });
      counted.set(part.name, part.restarts);
    }
    resident.set(process.memoryUsage.rss(), { process: 'main' });
  });
}
