/**
 * One client, one server, and the two directions between them. Each socket is
 * the source of one direction and the sink of the other.
 *
 * Ends stay what they are: FIN is passed on as FIN and leaves the other
 * direction open, RST as RST; a toxic that closes takes both sockets along.
 */
import type { Socket } from 'node:net';
import type { Clock } from '#base/clock.ts';
import { HttpTap, type FaultEffect } from '#chaos/proxy/core/http/tap.ts';
import type { HttpFault } from '#chaos/proxy/core/http/fault.ts';
import { Link } from '#chaos/proxy/core/link.ts';
import type { Sink, StageWorld, StreamToxicSetting } from '#chaos/proxy/core/stage.ts';
import type { Chunk, Ending } from '#chaos/proxy/core/toxics/toxic.ts';
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

interface Reading {
  readonly source: Socket;
  /** The sink of the same socket. */
  readonly own: SocketSink;
  readonly target: Pick<Sink, 'push' | 'end'>;
  readonly direction: Direction;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #tap: HttpTap | undefined;
  readonly #links: Readonly<Record<Direction, Link>>;
  #openSockets = 2;

  constructor(options: ConnectionOptions) {
    const { client, server, world, chains, faults, traffic } = options;
    this.#options = options;
    const { clock } = world;
    const toServer = new SocketSink({ socket: server, direction: 'upstream', traffic, clock });
    const toClient = new SocketSink({ socket: client, direction: 'downstream', traffic, clock });
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
    this.#read({ source: client, own: toClient, target: upstream, direction: 'upstream' });
    const target = this.#tap?.responses ?? downstream;
    this.#read({ source: server, own: toServer, target, direction: 'downstream' });
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

  #read({ source, own, target, direction }: Reading): void {
    const { world, traffic } = this.#options;
    const link = this.#links[direction];
    let isBroken = false;
    source.on('data', (data) => {
      traffic.received[direction] += data.length;
      target.push({ data, atMs: world.clock.monotonicMs() });
      if (!link.accepts()) source.pause();
    });
    source.on('end', () => target.end('fin'));
    source.on('error', () => (isBroken = true));
    source.on('close', () => {
      target.end(isBroken || own.isReset ? 'reset' : 'close');
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

/** The writing side of a socket. */
class SocketSink implements Sink {
  readonly #options: SocketSinkOptions;
  #isEnded = false;
  /** True when we reset the socket; what reads from it passes that on. */
  isReset = false;

  constructor(options: SocketSinkOptions) {
    this.#options = options;
  }

  accepts(): boolean {
    const { socket } = this.#options;
    return !socket.writableNeedDrain || socket.destroyed;
  }

  push({ data }: Chunk): void {
    const { socket, traffic, direction } = this.#options;
    if (this.#isEnded || socket.destroyed) return;
    traffic.sent[direction] += data.length;
    socket.write(data);
  }

  end(ending: Ending): void {
    const { socket, clock } = this.#options;
    if (socket.destroyed || (this.#isEnded && ending === 'fin')) return;
    this.#isEnded = true;
    if (ending === 'fin') {
      socket.end();
    } else if (ending === 'reset') {
      this.isReset = true;
      socket.resetAndDestroy();
    } else {
      closeSoon(socket, clock);
    }
  }
}

interface SocketSinkOptions {
  readonly socket: Socket;
  readonly direction: Direction;
  readonly traffic: Traffic;
  readonly clock: Clock;
}

/** Sends what is left, then closes both directions of `socket`. */
function closeSoon(socket: Socket, clock: Clock): void {
  const timer = clock.startTimer(FLUSH_MS, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.destroySoon();
}
