/** One proxy: a listener, its connections, and the toxics set on them. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Connection, type Traffic } from '#chaos/proxy/connection.ts';
import { formatHostPort, type HostPort } from '#chaos/proxy/core/address.ts';
import { httpFaultFrom, type HttpFault } from '#chaos/proxy/core/http/fault.ts';
import { listenAddress, upstreamAddress, type Reach } from '#chaos/proxy/core/reach.ts';
import type { StageWorld, StreamToxicSetting } from '#chaos/proxy/core/stage.ts';
import { toxicView, ToxicSet, type Toxic } from '#chaos/proxy/core/toxic-set.ts';
import {
  ProxyError,
  type Direction,
  type Protocol,
  type ProxyChange,
  type ProxyDefinition,
  type ProxyView,
  type ToxicChange,
  type ToxicDefinition,
} from '#chaos/proxy/types.ts';

/** A server on this machine answers at once or never. */
const CONNECT_MS = 10_000;

/** Connections of all proxies of a set, and how many were turned away. */
export interface ConnectionBudget {
  readonly max: number;
  open: number;
  refused: number;
}

export interface ProxyWorld extends StageWorld {
  readonly reach: Reach;
  readonly connections: ConnectionBudget;
}

export class Proxy {
  readonly name: string;
  readonly traffic: Traffic = {
    received: { upstream: 0, downstream: 0 },
    sent: { upstream: 0, downstream: 0 },
    effects: { delayed: 0, answered: 0, aborted: 0 },
  };
  readonly #world: ProxyWorld;
  readonly #protocol: Protocol;
  readonly #toxics = new ToxicSet();
  readonly #connections = new Set<Connection>();
  /** Clients whose server does not answer yet. */
  readonly #dialling = new Set<Socket>();
  /** Unlike `#toxics`, in the form connections use. */
  #chains: Record<Direction, readonly Toxic[]> = { upstream: [], downstream: [] };
  #faults: readonly HttpFault[] = [];
  #listen: string;
  #upstream: string;
  #target: HostPort | undefined;
  #server: Server | undefined;

  /** @throws ProxyError 403 for addresses that are not allowed */
  constructor(definition: ProxyDefinition, world: ProxyWorld) {
    this.name = definition.name;
    this.#world = world;
    this.#protocol = definition.protocol ?? 'http';
    this.#listen = definition.listen;
    this.#upstream = definition.upstream;
    this.#target = upstreamAddress(definition.upstream, world.reach);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  view(): ProxyView {
    return {
      name: this.name,
      listen: this.#listen,
      upstream: this.#upstream,
      enabled: this.#server !== undefined,
      ...(this.#protocol === 'tcp' ? { protocol: this.#protocol } : {}),
      toxics: this.#toxics.all().map(toxicView),
    };
  }

  /** Whether `other` names another listener or server; `localhost` is its address. */
  differs(other: { readonly listen: string; readonly upstream: string }): boolean {
    const listen = other.listen === '' ? other.listen : this.#resolved(other.listen);
    return listen !== this.#listen || other.upstream !== this.#upstream;
  }

  /** @throws ProxyError 403, 500 when the address cannot be listened on */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { host, port } = listenAddress(this.#listen, this.#world.reach);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
    await new Promise<void>((resolve, reject) => {
      // Stays for good: a failure to accept later on costs that one client, not the process.
      server.on('error', (error) => reject(listenError(error, this.#listen)));
      server.listen({ host, port }, resolve);
    });
    const { address, port: taken } = server.address() as AddressInfo;
    this.#listen = formatHostPort({ host: address, port: taken });
    this.#server = server;
  }

  /** "Down": nobody is let in, whoever is in is thrown out. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const client of this.#dialling) client.destroy();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  /** @throws ProxyError 403, 500 */
  async update(change: ProxyChange): Promise<void> {
    const { listen = this.#listen, upstream = this.#upstream } = change;
    const enabled = change.enabled ?? this.#server !== undefined;
    if (this.differs({ listen, upstream })) {
      if (listen !== '') listenAddress(listen, this.#world.reach);
      const target = upstreamAddress(upstream, this.#world.reach);
      await this.stop();
      this.#listen = listen;
      this.#upstream = upstream;
      this.#target = target;
    }
    if (enabled) await this.start();
    else await this.stop();
  }

  toxics(): Toxic[] {
    return this.#toxics.all();
  }

  /** @throws ProxyError 404 */
  toxic(name: string): Toxic {
    return this.#toxics.get(name);
  }

  /** @throws ProxyError 400, 409 */
  addToxic(definition: ToxicDefinition): Toxic {
    const toxic = this.#toxics.add(definition);
    const setting = streamSetting(toxic);
    this.#changed();
    if (setting !== undefined) this.#onLinks(toxic.direction, (link) => link.add(setting));
    return toxic;
  }

  /** @throws ProxyError 400, 404 */
  updateToxic(name: string, change: ToxicChange): Toxic {
    const { before, after } = this.#toxics.update(name, change);
    const index = this.#chains[before.direction].indexOf(before);
    const setting = streamSetting(after);
    this.#changed();
    if (setting !== undefined) this.#onLinks(after.direction, (link) => link.update(index, setting));
    return after;
  }

  /** Takes effect at once on live connections and never waits. @throws ProxyError 404 */
  removeToxic(name: string): void {
    const toxic = this.#toxics.remove(name);
    const index = this.#chains[toxic.direction].indexOf(toxic);
    this.#changed();
    if (toxic.kind.layer === 'stream') this.#onLinks(toxic.direction, (link) => link.remove(index));
  }

  removeAllToxics(): void {
    for (const { name } of this.#toxics.all()) this.removeToxic(name);
  }

  #changed(): void {
    const all = this.#toxics.all();
    const stream = all.filter(({ kind }) => kind.layer === 'stream');
    this.#chains = {
      upstream: stream.filter(({ direction }) => direction === 'upstream'),
      downstream: stream.filter(({ direction }) => direction === 'downstream'),
    };
    this.#faults = all
      .filter(({ kind }) => kind.layer === 'http')
      .map(({ attributes, toxicity }) => httpFaultFrom(attributes, toxicity));
    for (const connection of this.#connections) connection.faultsChanged();
  }

  #onLinks(direction: Direction, act: (link: ReturnType<Connection['link']>) => void): void {
    for (const connection of this.#connections) act(connection.link(direction));
  }

  #accept(client: Socket): void {
    const { connections } = this.#world;
    client.on('error', () => {});
    if (connections.open >= connections.max) {
      connections.refused += 1;
      client.destroy();
      return;
    }
    if (this.#target === undefined) {
      client.destroy();
      return;
    }
    connections.open += 1;
    client.once('close', () => (connections.open -= 1));
    this.#dial(client, this.#target);
  }

  #dial(client: Socket, target: HostPort): void {
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const patience = this.#world.clock.startTimer(CONNECT_MS, () => server.destroy());
    const onClientGone = (): void => void server.destroy();
    this.#dialling.add(client);
    client.once('close', onClientGone);
    server.on('error', () => {});
    const onServerGone = (): void => {
      patience.cancel();
      this.#dialling.delete(client);
      client.destroy();
    };
    server.once('close', onServerGone);
    server.once('connect', () => {
      patience.cancel();
      this.#dialling.delete(client);
      client.off('close', onClientGone);
      server.off('close', onServerGone);
      this.#connect(client, server);
    });
  }

  #connect(client: Socket, server: Socket): void {
    const connection: Connection = new Connection({
      client,
      server,
      world: this.#world,
      chains: {
        upstream: this.#chains.upstream.flatMap(settingOf),
        downstream: this.#chains.downstream.flatMap(settingOf),
      },
      traffic: this.traffic,
      faults: this.#protocol === 'http' ? () => this.#faults : undefined,
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  #resolved(listen: string): string {
    const { host, port } = listenAddress(listen, this.#world.reach);
    return formatHostPort({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  }
}

function streamSetting({ kind, toxicity, attributes }: Toxic): StreamToxicSetting | undefined {
  return kind.layer === 'stream' ? { kind, toxicity, attributes } : undefined;
}

function settingOf(toxic: Toxic): StreamToxicSetting[] {
  const setting = streamSetting(toxic);
  return setting === undefined ? [] : [setting];
}

/** In the words of upstream. */
function listenError(error: Error, listen: string): ProxyError {
  const code = 'code' in error ? error.code : undefined;
  const reason = code === 'EADDRINUSE' ? 'address already in use' : error.message;
  return new ProxyError(500, `listen tcp ${listen}: bind: ${reason}`);
}
