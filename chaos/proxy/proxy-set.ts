/** All proxies of a process, by name: what the Toxiproxy API and the daemon act on. */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { Proxy, type ProxyWorld } from '#chaos/proxy/proxy.ts';
import { toxicView } from '#chaos/proxy/core/toxic-set.ts';
import {
  PopulateError,
  ProxyError,
  type ProxyChange,
  type ProxyDefinition,
  type ProxyView,
  type ToxicChange,
  type ToxicDefinition,
  type ToxicView,
} from '#chaos/proxy/types.ts';

/** A proxy a service is dozens; hundreds are a mistake. */
const PROXIES_MAX = 500;
/** Two sockets each: below what one process may open where limits are generous. */
const CONNECTIONS_MAX = 10_240;

export interface ProxySetOptions {
  readonly clock: Clock;
  /** Seeded, so that toxicity, jitter and shares come out the same again. */
  readonly random: Random;
  /** Hosts beside loopback that may be listened on or led to. */
  readonly allowedHosts?: Iterable<string>;
  /** Default 10,240, over all proxies. */
  readonly connectionsMax?: number;
}

export function createProxySet(options: ProxySetOptions): ProxySet {
  return new ProxySet({
    clock: options.clock,
    random: options.random,
    held: { bytes: 0 },
    reach: { allowedHosts: new Set(options.allowedHosts) },
    connections: { max: options.connectionsMax ?? CONNECTIONS_MAX, open: 0, refused: 0 },
  });
}

/** Every method that changes something has taken effect, on live connections too, when it returns or resolves. */
export class ProxySet {
  readonly #world: ProxyWorld;
  readonly #proxies = new Map<string, Proxy>();
  /** Starting and stopping takes turns: it is asynchronous, and two at once would race for a port. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(world: ProxyWorld) {
    this.#world = world;
  }

  /** In the order of their names. */
  list(): ProxyView[] {
    return this.proxies().map((proxy) => proxy.view());
  }

  proxies(): Proxy[] {
    return [...this.#proxies.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** @throws ProxyError 404 */
  get(name: string): ProxyView {
    return this.#proxy(name).view();
  }

  get connections(): { readonly open: number; readonly refused: number; readonly max: number } {
    return this.#world.connections;
  }

  /** Bytes toxics hold back at this moment. */
  get heldBytes(): number {
    return this.#world.held.bytes;
  }

  /** @throws ProxyError 400, 403, 409, 500 */
  create(definition: ProxyDefinition): Promise<ProxyView> {
    return this.#inTurn(async () => {
      if (this.#proxies.has(definition.name)) throw new ProxyError(409, 'proxy already exists');
      return (await this.#add(definition)).view();
    });
  }

  /**
   * Makes proxies be as given: one with the same addresses is left alone
   * entirely, toxics and all; one with others is replaced; others than those
   * given stay.
   *
   * @throws PopulateError with what was done before the error
   */
  populate(definitions: readonly ProxyDefinition[]): Promise<ProxyView[]> {
    return this.#inTurn(async () => {
      const done: ProxyView[] = [];
      for (const definition of definitions) {
        try {
          const proxy = await this.#addOrReplace(definition);
          done.push(proxy.view());
        } catch (error) {
          throw error instanceof ProxyError ? new PopulateError(error, done) : error;
        }
      }
      return done;
    });
  }

  /** @throws ProxyError 403, 404, 500 */
  update(name: string, change: ProxyChange): Promise<ProxyView> {
    return this.#inTurn(async () => {
      const proxy = this.#proxy(name);
      await proxy.update(change);
      return proxy.view();
    });
  }

  /** @throws ProxyError 404 */
  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#proxy(name).stop();
      this.#proxies.delete(name);
    });
  }

  /** Enables every proxy and removes every toxic. @throws ProxyError 500 */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      for (const proxy of this.proxies()) {
        await proxy.start();
        proxy.removeAllToxics();
      }
    });
  }

  /** @throws ProxyError 404 */
  toxics(name: string): ToxicView[] {
    return this.#proxy(name).toxics().map(toxicView);
  }

  /** @throws ProxyError 404 */
  toxic(name: string, toxic: string): ToxicView {
    return toxicView(this.#proxy(name).toxic(toxic));
  }

  /** @throws ProxyError 400, 404, 409 */
  addToxic(name: string, definition: ToxicDefinition): ToxicView {
    return toxicView(this.#proxy(name).addToxic(definition));
  }

  /** @throws ProxyError 400, 404 */
  updateToxic(name: string, toxic: string, change: ToxicChange): ToxicView {
    return toxicView(this.#proxy(name).updateToxic(toxic, change));
  }

  /** @throws ProxyError 404 */
  removeToxic(name: string, toxic: string): void {
    this.#proxy(name).removeToxic(toxic);
  }

  /** Stops everything; safe twice. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
      this.#proxies.clear();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #proxy(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new ProxyError(404, 'proxy not found');
    return proxy;
  }

  async #add(definition: ProxyDefinition): Promise<Proxy> {
    const existing = this.#proxies.get(definition.name);
    if (existing === undefined && this.#proxies.size >= PROXIES_MAX) {
      throw new ProxyError(400, `there are at most ${PROXIES_MAX} proxies`);
    }
    const proxy = new Proxy(definition, this.#world);
    await existing?.stop();
    if (definition.enabled ?? true) await proxy.start();
    this.#proxies.set(definition.name, proxy);
    return proxy;
  }

  async #addOrReplace(definition: ProxyDefinition): Promise<Proxy> {
    const existing = this.#proxies.get(definition.name);
    return existing?.differs(definition) === false ? existing : await this.#add(definition);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => {});
    return result;
  }
}
