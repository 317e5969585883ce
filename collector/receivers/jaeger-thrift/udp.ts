/**
 * Jaeger's agent: one batch in each UDP packet. Nobody can be refused here, so
 * what cannot be kept is dropped and counted by the code of its reason. What
 * the kernel drops because its buffer is full is not seen from here.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Address } from '#base/config/schema.ts';
import { CodedError, errorText, isCoded, type ErrorCode } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import { bindError } from '#base/real/bind.ts';
import { itemCounter, type ItemCounter } from '#collector/receivers/http/door-metrics.ts';
import type { JaegerUdpConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import type { JournalWriter } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { decodePacket, type PacketProtocol } from '#signals/jaeger/decode.ts';
import { METRICS } from '#signals/registry.ts';

export interface JaegerUdpOptions {
  readonly protocol: PacketProtocol;
  /** Instead of the one of `config`. */
  readonly address: Address;
  readonly config: JaegerUdpConfig;
  readonly journal: Pick<JournalWriter, 'append'>;
  /** A reason to drop everything now, or undefined. */
  readonly refusalNow?: () => CodedError | undefined;
  readonly log: Logger;
  readonly meter: Meter;
}

export interface JaegerUdpReceiver extends AsyncDisposable {
  /** With the port the system chose. */
  readonly address: Address;
}

/** @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED` */
export async function startJaegerUdp(options: JaegerUdpOptions): Promise<JaegerUdpReceiver> {
  const { protocol, config, log } = options;
  const socket = createSocket({
    type: options.address.host.includes(':') ? 'udp6' : 'udp4',
    ...(config.socketBufferBytes === undefined ? {} : { recvBufferSize: config.socketBufferBytes }),
  });
  const packets = new Packets(options);
  socket.on('message', (packet) => packets.take(packet));
  const address = await bindSocket(socket, options.address, protocol);
  socket.on('error', (error) =>
    log.warn({ error: error.message, protocol }, 'the UDP socket reports an error'),
  );
  return {
    address,
    async [Symbol.asyncDispose]() {
      if (packets.closed) return;
      packets.closed = true;
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      await Promise.allSettled(packets.pending);
    },
  };
}

async function bindSocket(socket: Socket, address: Address, protocol: PacketProtocol): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => {
      socket.close();
      reject(bindError(error, address, `receivers.jaeger.protocols.thrift_${protocol}.endpoint:`));
    };
    socket.once('error', onError);
    socket.bind({ address: address.host, port: address.port }, () => {
      socket.off('error', onError);
      resolve();
    });
  });
  return { host: address.host, port: socket.address().port };
}

class Packets {
  closed = false;
  /** Spans on their way to the disk. */
  readonly pending = new Set<Promise<void>>();
  readonly #options: JaegerUdpOptions;
  readonly #count: ItemCounter;
  readonly #drop: (code: ErrorCode) => void;

  constructor(options: JaegerUdpOptions) {
    this.#options = options;
    this.#count = itemCounter(options.meter, 'jaeger', 'udp');
    const dropped = options.meter.counter(METRICS.receiverDroppedPackets);
    const { protocol } = options;
    this.#drop = (code) => dropped.add(1, { receiver: 'jaeger', protocol, code });
  }

  take(packet: Uint8Array): void {
    const refusal = this.#refusal(packet);
    if (refusal !== undefined) {
      this.#drop(refusal);
      return;
    }
    const kept = this.#keep(packet).catch((error: unknown) => this.#fail(error));
    this.pending.add(kept);
    void kept.finally(() => this.pending.delete(kept));
  }

  /** Asked before anything is decoded. */
  #refusal(packet: Uint8Array): ErrorCode | undefined {
    const { config, refusalNow } = this.#options;
    if (this.closed) return 'PLIM_JOURNAL_CLOSED';
    if (packet.length > config.packetBytesMax) return 'PLIM_BODY_TOO_LARGE';
    if (this.pending.size >= config.packetsMax) return 'PLIM_OVERLOADED';
    return refusalNow?.()?.code;
  }

  async #keep(packet: Uint8Array): Promise<void> {
    const { body, spans: items, rejected } = decodePacket(packet, this.#options.protocol);
    if (items > 0) {
      await this.#options.journal.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items, body });
    }
    this.#count('traces', items, rejected);
  }

  #fail(error: unknown): void {
    this.#drop(isCoded(error) ? error.code : 'PLIM_INTERNAL');
    if (isCoded(error)) return;
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.log.error({ error: errorText(error), stack }, 'a packet met a bug');
  }
}
