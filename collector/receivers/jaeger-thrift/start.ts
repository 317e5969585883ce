/** The Jaeger receiver: each protocol that is configured, on a socket of its own. */
import type { Clock } from '#base/clock.ts';
import type { Address } from '#base/config/schema.ts';
import type { CodedError } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { startDoor, type DoorServer } from '#collector/receivers/http/server.ts';
import type { JaegerConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import { jaegerProtocol } from '#collector/receivers/jaeger-thrift/http.ts';
import { startJaegerUdp, type JaegerUdpReceiver } from '#collector/receivers/jaeger-thrift/udp.ts';
import type { JournalWriter } from '#journal/ports.ts';

export interface JaegerOptions {
  readonly config: JaegerConfig;
  /** Addresses to take instead of those of `config`: the ports a receiver had before. */
  readonly addresses?: JaegerAddresses;
  readonly apiKey?: string | undefined;
  readonly journal: Pick<JournalWriter, 'append'>;
  readonly refusalNow?: () => CodedError | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
}

/** Undefined: that protocol is off. */
export interface JaegerAddresses {
  readonly http: Address | undefined;
  readonly compact: Address | undefined;
  readonly binary: Address | undefined;
}

export interface JaegerReceiver extends AsyncDisposable {
  /** With the ports the system chose. */
  readonly addresses: JaegerAddresses;
  readonly httpUrl: string | undefined;
}

/** @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED`; nothing is left listening then */
export async function startJaeger(options: JaegerOptions): Promise<JaegerReceiver> {
  await using started = new AsyncDisposableStack();
  const http = await startHttp(options);
  if (http !== undefined) started.use(http);
  const compact = await startUdp(options, 'compact');
  if (compact !== undefined) started.use(compact);
  const binary = await startUdp(options, 'binary');
  if (binary !== undefined) started.use(binary);
  const running = started.move();
  return {
    addresses: { http: http?.address, compact: compact?.address, binary: binary?.address },
    httpUrl: http?.url,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startHttp(options: JaegerOptions): Promise<DoorServer | undefined> {
  const config = options.config.http;
  if (config === undefined) return undefined;
  const address = options.addresses?.http ?? config.endpoint;
  const { journal, random, meter } = options;
  return startDoor(jaegerProtocol({ config, journal, random, meter }), {
    ...options,
    config,
    address,
    flag: '--jaeger-http',
  });
}

async function startUdp(
  options: JaegerOptions,
  protocol: 'compact' | 'binary',
): Promise<JaegerUdpReceiver | undefined> {
  const config = options.config[protocol];
  if (config === undefined) return undefined;
  const address = options.addresses?.[protocol] ?? config.endpoint;
  return startJaegerUdp({ ...options, protocol, config, address });
}
