/**
 * A door on a port: a node:http server with every limit of the server set and a
 * readable answer for what the HTTP parser refuses.
 */
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { sleep, type Clock } from '#base/clock.ts';
import type { Address } from '#base/config/schema.ts';
import { bind, hostText } from '#base/real/bind.ts';
import { isLoopback, LOOPBACK_NAMES, type AccessRules } from '#base/real/http-access.ts';
import { connectionOf } from '#collector/receivers/http/connection.ts';
import type { Answer } from '#collector/receivers/http/core/answers.ts';
import type { BodyPlan, Refusal } from '#collector/receivers/http/core/head.ts';
import { createDoor, type DoorOptions, type Protocol } from '#collector/receivers/http/door.ts';

export interface DoorServerOptions extends Omit<DoorOptions, 'access'> {
  readonly address: Address;
  /** The flag that changes the address, for the error when it is taken. */
  readonly flag: string;
  /** Undefined: no key is asked for. */
  readonly apiKey?: string | undefined;
}

export interface DoorServer extends AsyncDisposable {
  /** With the port the system chose. */
  readonly address: Address;
  readonly url: string;
}

/** All headers of a request together; Node's default, stated because it is a limit. */
const HEADER_BYTES_MAX = 16 * 1024;
/** How often the times of slow and idle connections are looked at. */
const CHECK_EVERY_MS = 1000;
/** Requests in work when stopping get this long to become durable. */
const STOP_GRACE_MS = 2000;
const STOP_POLL_MS = 10;

/** @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED` */
export async function startDoor<P extends BodyPlan>(
  protocol: Protocol<P>,
  options: DoorServerOptions,
): Promise<DoorServer> {
  const { config, clock } = options;
  const door = createDoor(protocol, { ...options, access: accessOf(options) });
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: Math.min(config.headerTimeoutMs, config.readTimeoutMs),
      requestTimeout: config.readTimeoutMs,
      keepAliveTimeout: config.idleTimeoutMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      noDelay: true,
    },
    door.handle,
  );
  server.maxConnections = config.connectionsMax;
  server.maxRequestsPerSocket = config.requestsPerConnectionMax;
  // 100 Continue goes out only once the head is admitted.
  server.on('checkContinue', door.handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerBroken(error, socket, (refusal) => protocol.refuse(refusal, undefined)),
  );
  const address = await bind(server, options.address, options.flag);
  return {
    address,
    url: `http://${hostText(address.host)}:${address.port}`,
    async [Symbol.asyncDispose]() {
      door.drain();
      await stop(server, () => door.inFlight, clock);
    },
  };
}

/**
 * On loopback a web page may come through a name of its own (DNS rebinding), so
 * Host must be ours. Elsewhere any name may lead here, and the key guards.
 */
function accessOf({ address, apiKey }: DoorServerOptions): AccessRules {
  const hosts = isLoopback(address.host)
    ? new Set([...LOOPBACK_NAMES, address.host.toLowerCase()])
    : undefined;
  return { hosts, apiKey };
}

async function stop(server: Server, inFlight: () => number, clock: Clock): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const deadlineMs = clock.monotonicMs() + STOP_GRACE_MS;
  while (inFlight() > 0 && clock.monotonicMs() < deadlineMs) await sleep(clock, STOP_POLL_MS);
  server.closeIdleConnections();
  server.closeAllConnections();
  await closed;
}

/** What the parser refused: inside a body it ends that request, else it is answered on the bare socket. */
function answerBroken(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answerTo: (refusal: Refusal) => Answer,
): void {
  const connection = connectionOf(socket);
  const refusal = refusalOfParser(error);
  if (refusal !== undefined && connection.reading !== undefined) {
    connection.reading.fail({ ...refusal });
    socket.once('finish', () => socket.destroy());
    return;
  }
  if (refusal === undefined || connection.open > 0 || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = answerTo(refusal);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(
    Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Refused\r\n${lines.join('\r\n')}\r\n\r\n`), body]),
  );
}

/** Undefined: the connection itself broke, there is nobody to answer. */
function refusalOfParser({ code = '' }: NodeJS.ErrnoException): Refusal | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `the headers are longer than ${HEADER_BYTES_MAX} bytes`;
    return { status: 431, code: 'PLIM_BODY_TOO_LARGE', message };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, code: 'PLIM_BODY_TIMEOUT', message: 'the request did not arrive in time' };
  }
  if (!code.startsWith('HPE_')) return undefined;
  return { status: 400, code: 'PLIM_BODY_MALFORMED', message: `this is not HTTP (${code})` };
}
