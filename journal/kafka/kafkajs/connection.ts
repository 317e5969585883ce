/** How this folder connects: the sockets are ours, so that an end does not wait for a broker that is gone. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import kafkajs, { type ISocketFactory, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from '#journal/kafka/client.ts';
import { quietQueues } from '#journal/kafka/kafkajs/quiet-queues.ts';

const { Kafka, logLevel } = kafkajs;

quietQueues();

const RETRY_MS = 50;
const RETRY_MS_MAX = 250;
const KEEP_ALIVE_MS = 30_000;

/** What the broker said (`MESSAGE_TOO_LARGE`), or undefined when it said nothing. */
export function brokerAnswer(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return undefined;
}

export type KafkaClient = InstanceType<typeof Kafka>;

/** Sockets of one client, so that an end does not wait for a broker that is gone. */
export class Sockets {
  readonly #open = new Set<Socket>();
  readonly #tls: ConnectionOptions | undefined;

  constructor(tls: ConnectionOptions | undefined) {
    this.#tls = tls;
  }

  readonly factory: ISocketFactory = ({ host, port, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      this.#tls === undefined
        ? connectTcp({ host, port, noDelay: true }, onConnect)
        : connectTls({ host, port, ...name, ...this.#tls }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  destroy(): void {
    // With an error, so that requests under way end at once and not by their timeout.
    for (const socket of this.#open) socket.destroy(new Error('the connection was closed from here'));
  }
}

export function clientOf(settings: KafkaSettings, sockets: Sockets): KafkaClient {
  return new Kafka({
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl as SASLOptions }),
    connectionTimeout: settings.connectTimeoutMs,
    authenticationTimeout: settings.requestTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    retry: { retries: settings.brokers.length + 1, initialRetryTime: RETRY_MS, maxRetryTime: RETRY_MS_MAX },
    socketFactory: sockets.factory,
    logLevel: logLevel.NOTHING,
  });
}
