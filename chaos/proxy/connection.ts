/**
 * One client, one server, and the two directions between them. Each socket is
 * the source of one direction and the sink of the other.
 *
 * Ends stay what they are: FIN is passed on as FIN and leaves the other
 * direction open, RST as RST; a toxic that closes takes both sockets along.
 */
import type { Socket } from 'node:net';
import { HttpTap, type FaultEffect } from '#chaos/proxy/core/http/tap.ts';
import type { HttpFault } from '#chaos/proxy/core/http/fault.ts';
import { Link } from '#chaos/proxy/core/link.ts';
import type { Sink, StageWorld, StreamToxicSetting } from '#chaos/proxy/core/stage.ts';
import type { Ending } from '#chaos/proxy/core/toxics/toxic.ts';
import type { Direction } from '#chaos/proxy/types.ts';

/** A peer that does not read gets this long for what is left when a toxic closes. */
const FLUSH_MS = 5_000;

/** What connections of a proxy share. */
export interface Traffic {
  readonly received: Record<Direction, number>;
  readonly sent: Record<Direction, number>;
  readonly effects: Record<FaultEffect, number>;
}

export interface ConnectionOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly world: StageWorld;
  readonly chains: Readonly<Record<Direction, readonly StreamToxicSetting[]>>;
  readonly traffic: Traffic;
  /** Undefined: HTTP is not followed. */
  readonly faults: (() => readonly HttpFault[]) | undefined;
  readonly onClose: () => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #tap: HttpTap | undefined;
  readonly #links: Readonly<Record<Direction, Link>>;
  #openSockets = 2;

  constructor(options: ConnectionOptions) {
    const { client, server, world, chains, faults, traffic } = options;
    this.#options = options;
    const toServer = socketSink({ socket: server, direction: 'upstream', traffic, world });
    const toClient = socketSink({ socket: client, direction: 'downstream', traffic, world });
    const downstream = new Link({
      chain: chains.downstream,
      sink: toClient,
      world,
      onRoom: () => {
        server.resume();
        this.#tap?.requests.resume();
      },
    });
    if (faults !== undefined) {
      this.#tap = new HttpTap({
        clock: world.clock,
        random: world.random,
        faults,
        toServer,
        toClient: downstream,
        onRoom: () => this.#links.upstream.sinkHasRoom(),
        onEffect: (effect) => (traffic.effects[effect] += 1),
      });
    }
    const upstream = new Link({
      chain: chains.upstream,
      sink: this.#tap?.requests ?? toServer,
      world,
      onRoom: () => client.resume(),
    });
    this.#links = { upstream, downstream };
    this.#read(client, upstream, 'upstream');
    this.#read(server, this.#tap?.responses ?? downstream, 'downstream');
    client.on('drain', () => downstream.sinkHasRoom());
    server.on('drain', () => {
      this.#tap?.requests.resume();
      upstream.sinkHasRoom();
    });
  }

  link(direction: Direction): Link {
    return this.#links[direction];
  }

  faultsChanged(): void {
    this.#tap?.faultsChanged();
  }

  /** Closes both sockets now, as a process that goes away does. */
  destroy(): void {
    this.#options.client.destroy();
    this.#options.server.destroy();
  }

  #read(source: Socket, target: Pick<Sink, 'push' | 'end'>, direction: Direction): void {
    const { world, traffic } = this.#options;
    const link = (): Link => this.#links[direction];
    let ending: Ending = 'close';
    source.on('data', (data) => {
      traffic.received[direction] += data.length;
      target.push({ data, atMs: world.clock.monotonicMs() });
      if (!link().accepts()) source.pause();
    });
    source.on('end', () => target.end('fin'));
    source.on('error', () => (ending = 'reset'));
    source.on('close', () => {
      target.end(ending);
      this.#links[direction === 'upstream' ? 'downstream' : 'upstream'].discard();
      this.#socketClosed();
    });
    source.resume();
  }

  #socketClosed(): void {
    this.#openSockets -= 1;
    if (this.#openSockets > 0) return;
    this.#tap?.close();
    for (const link of Object.values(this.#links)) link.discard();
    this.#options.onClose();
  }
}

interface SocketSinkOptions {
  readonly socket: Socket;
  readonly direction: Direction;
  readonly traffic: Traffic;
  readonly world: StageWorld;
}

function socketSink({ socket, direction, traffic, world }: SocketSinkOptions): Sink {
  let isEnded = false;
  return {
    accepts: () => !socket.writableNeedDrain || socket.destroyed,
    push({ data }) {
      if (isEnded || socket.destroyed) return;
      traffic.sent[direction] += data.length;
      socket.write(data);
    },
    end(ending) {
      if (socket.destroyed || (isEnded && ending === 'fin')) return;
      isEnded = true;
      if (ending === 'fin') socket.end();
      else if (ending === 'reset') socket.resetAndDestroy();
      else closeSoon(socket, world);
    },
  };
}

/** Sends what is left, then closes both directions of `socket`. */
function closeSoon(socket: Socket, world: StageWorld): void {
  const timer = world.clock.startTimer(FLUSH_MS, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.destroySoon();
}
