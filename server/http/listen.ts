/** Listening for a server of ours, with errors that name the flag to change. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '#base/config/schema.ts';
import { CodedError, errorText } from '#base/errors.ts';

/** Idle and slow clients may hold this many connections and no more. */
const CONNECTIONS_MAX = 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const REQUESTS_PER_SOCKET_MAX = 100_000;

export interface Listening extends AsyncDisposable {
  readonly server: Server;
  readonly address: Address;
  readonly url: string;
}

/** @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED` */
export async function listen(handler: RequestListener, address: Address, flag: string): Promise<Listening> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    handler,
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, address, flag)));
    server.listen({ host: address.host, port: address.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    server,
    address: { host: address.host, port },
    url: `http://${hostText(address.host)}:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A listen error as one sentence that names the flag. */
export function listenError(error: unknown, address: Address, flag: string): CodedError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${hostText(address.host)}:${address.port}`;
  if (code === 'EADDRINUSE') {
    return new CodedError(
      'PLIM_PORT_IN_USE',
      `${where} is already in use; choose another with ${flag} HOST:PORT (port 0 takes a free one)`,
    );
  }
  const reason =
    code === 'EACCES'
      ? 'this user may not use that port'
      : code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address'
        : errorText(error);
  return new CodedError(
    'PLIM_LISTEN_REFUSED',
    `cannot listen on ${where}: ${reason}; choose another with ${flag} HOST:PORT`,
  );
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
