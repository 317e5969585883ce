/**
 * The living demo: platform, fault daemon, freight company, load and page
 * receiver, each a process of its own but the last. `npm start` runs one;
 * `plimsoll prove` runs its own beside it.
 *
 *   load ─▶ [proxy] gateway ─▶ [proxy] … services ─▶ [proxy] platform ─▶ [proxy] page receiver
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { CodedError, errorText } from '#base/errors.ts';
import { systemRandom } from '#base/real/random.ts';
import { openDataFolder, type DataFolder } from '#bin/data-folder.ts';
import { Child, identityOf, type ChildDefinition, type ChildEvents } from '#bin/demo/child.ts';
import { DemoFile } from '#bin/demo/demo-file.ts';
import { enginesOf, type Engines } from '#bin/demo/engines.ts';
import { freePorts } from '#bin/demo/free-ports.ts';
import { assignPorts, DemoFolders, localUrl, PORTS_NEEDED, type DemoPorts } from '#bin/demo/layout.ts';
import { startPager, type Pager, type ReceivedPage } from '#bin/demo/pager.ts';
import { platformConfig, type Evaluation } from '#bin/demo/platform-config.ts';
import {
  chaosProgram,
  loadProgram,
  platformProgram,
  serviceProgram,
  type ProgramsOptions,
} from '#bin/demo/programs.ts';
import { TRUE_TIME } from '#chaos/faults/clock-skew.ts';
import { SERVICES } from '#sample-services/topology.ts';

export interface DemoOptions {
  readonly dataDirectory: string;
  /** Port of the APIs; 0 for any. */
  readonly originPort: number;
  /** Port of OTLP over HTTP; 0 for any. */
  readonly otlpHttpPort: number;
  readonly requestsPerSecond: number;
  readonly dailyCurve: boolean;
  readonly seed: number;
  readonly sloDirectory: string;
  readonly evaluation: Evaluation;
  /** False: pages go to an address where nobody listens. */
  readonly pagerListens: boolean;
  /** Path of libfaketime, so that clocks of services can be made wrong; undefined: they cannot. */
  readonly libfaketime: string | undefined;
  /** Engines in place of the embedded ones, or beside them. */
  readonly engines?: Engines;
  /** Where pages are taken, when somebody outside has to know; any free port without it. */
  readonly pagesPort?: number;
  readonly events: DemoEvents;
}

export interface DemoEvents {
  /** Another step of the start is done. */
  readonly onProgress: (text: string) => void;
  readonly onPage: (page: ReceivedPage) => void;
  /** A program died and comes back. */
  readonly onDeath: (name: string, how: string) => void;
  /** The platform died: it is over. */
  readonly onLost: (error: CodedError) => void;
}

export interface Demo extends AsyncDisposable {
  readonly folders: DemoFolders;
  readonly ports: DemoPorts;
  readonly origin: string;
  /** Where users come in, past the proxy. */
  readonly gateway: string;
  /** Control API of the fault daemon. */
  readonly chaos: string;
  readonly load: string;
  readonly children: readonly Child[];
}

/** Everything up and answering within this, or the start has failed. */
const START_MS_MAX = 60_000;
/** Stops get so long each, in two rounds: services, then what they report to. */
const STOP_MS = 1200;
/** A position older than this is stale; never below what the simulated carriers report in. */
const POSITION_AGE_S_MAX = 30;

/** @throws CodedError when it cannot start; nothing is left running then */
export async function startDemo(options: DemoOptions, signal: AbortSignal): Promise<Demo> {
  const folders = new DemoFolders(options.dataDirectory);
  const lock = openDataFolder(folders.data, ['demo']);
  const builder = new DemoBuilder(options, folders, lock);
  try {
    return await builder.start(signal);
  } catch (error) {
    await builder[Symbol.asyncDispose]();
    if (error instanceof CodedError) throw error;
    throw new CodedError('PLIM_DEMO_FAILED', errorText(error), { cause: error });
  }
}

class DemoBuilder implements AsyncDisposable {
  readonly #options: DemoOptions;
  readonly #folders: DemoFolders;
  readonly #lock: DataFolder;
  readonly #services: Child[] = [];
  #chaos: Child | undefined;
  #platform: Child | undefined;
  #load: Child | undefined;
  #pager: Pager | undefined;

  constructor(options: DemoOptions, folders: DemoFolders, lock: DataFolder) {
    this.#options = options;
    this.#folders = folders;
    this.#lock = lock;
  }

  async start(outer: AbortSignal): Promise<Demo> {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(START_MS_MAX)]);
    const { events, originPort, otlpHttpPort } = this.#options;
    const folders = this.#folders;
    for (const folder of [folders.logs, folders.chaos, ...SERVICES.map(({ name }) => folders.stateOf(name))])
      mkdirSync(folder, { recursive: true });
    const [origin = 0, otlpHttp = 0, ...rest] = await freePorts(PORTS_NEEDED + 2, systemRandom);
    const assigned = assignPorts(
      originPort === 0 ? origin : originPort,
      otlpHttpPort === 0 ? otlpHttp : otlpHttpPort,
      rest,
    );
    const ports = withPagesPort(assigned, this.#options.pagesPort);
    this.#pager = await startPager(folders.pages, events.onPage);
    const programs = this.#programs(ports, this.#pager.port);
    const file = new DemoFile(folders, ports, identityOf(process.pid));
    const childEvents: ChildEvents = {
      onProcess: (name, identity) => file.set(name, identity),
      onDeath: (name, how) => this.#died(name, how),
    };
    for (const { name } of SERVICES) writeFileSync(folders.clockOf(name), TRUE_TIME);
    const { port: pagerPort } = this.#pager;
    const engines = enginesOf(this.#options.engines ?? {}, folders.data);
    writeFileSync(folders.configFile, platformConfig({ ...this.#options, engines, ports, pagerPort }));
    const run = (definition: ChildDefinition): Child => {
      const child = new Child(definition, childEvents);
      child.start();
      return child;
    };
    this.#platform = run(platformProgram(programs));
    this.#chaos = run(chaosProgram(programs));
    for (const service of SERVICES) this.#services.push(run(serviceProgram(service, programs)));
    await Promise.all([
      this.#platform.ready(signal).then(() => events.onProgress(`platform at ${localUrl(ports.origin)}`)),
      this.#chaos.ready(signal).then(() => events.onProgress('proxies between all services')),
      Promise.all(this.#services.map((service) => service.ready(signal))).then(() =>
        events.onProgress(`${SERVICES.length} freight services`),
      ),
    ]);
    if (this.#options.requestsPerSecond > 0) {
      this.#load = run(loadProgram(programs));
      await this.#load.ready(signal);
      events.onProgress(`customers, ${this.#options.requestsPerSecond} requests a second`);
    }
    return this.#demo(ports);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#load?.stop(STOP_MS), ...this.#services.map((child) => child.stop(STOP_MS))]);
    await Promise.all([this.#chaos?.stop(STOP_MS), this.#platform?.stop(STOP_MS)]);
    await this.#pager?.[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }

  #programs(ports: DemoPorts, pagerPort: number): ProgramsOptions {
    const { sloDirectory, requestsPerSecond, dailyCurve, seed, pagerListens } = this.#options;
    return {
      folders: this.#folders,
      ports,
      // Nobody listens on port 1 of loopback.
      pagerPort: pagerListens ? pagerPort : 1,
      sloDirectory,
      requestsPerSecond,
      dailyCurve,
      seed,
      secrets: { client: secret(), jwt: secret() },
      positionAgeSecondsMax: POSITION_AGE_S_MAX,
      libfaketime: this.#options.libfaketime,
    };
  }

  #demo(ports: DemoPorts): Demo {
    return {
      folders: this.#folders,
      ports,
      origin: localUrl(ports.origin),
      gateway: localUrl(ports.proxies.gateway),
      chaos: localUrl(ports.chaos),
      load: localUrl(ports.load),
      children: [this.#platform, this.#chaos, ...this.#services, this.#load].filter(
        (child) => child !== undefined,
      ),
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  #died(name: string, how: string): void {
    const { events } = this.#options;
    if (name !== 'platform') {
      events.onDeath(name, how);
      return;
    }
    const tail = this.#platform?.tail ?? '';
    events.onLost(
      new CodedError('PLIM_DEMO_FAILED', `the platform ended (${how})${tail === '' ? '' : `:\n${tail}`}`),
    );
  }
}

/** Pages pass a proxy, so that a fault can stand before them: its port is the one to know. */
function withPagesPort(ports: DemoPorts, pager: number | undefined): DemoPorts {
  return pager === undefined ? ports : { ...ports, proxies: { ...ports.proxies, pager } };
}

/** 32 random bytes: two parties of the demo know it, no file does. */
function secret(): string {
  return Buffer.from(systemRandom.bytes(32)).toString('base64url');
}
