/** Listening for a server of ours, with errors that name the flag to change. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Address } from '#base/config/schema.ts';
import { bind, hostText } from '#base/real/bind.ts';

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
  const bound = await bind(server, address, flag);
  return {
    server,
    address: bound,
    url: `http://${hostText(bound.host)}:${bound.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
