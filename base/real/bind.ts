/** Binding a server of ours to its address, with errors that name the flag to change. */
import type { AddressInfo, Server } from 'node:net';
import type { Address } from '#base/config/schema.ts';
import { CodedError, errorText } from '#base/errors.ts';

/**
 * Listens on `address` and returns it with the port the system chose for 0.
 *
 * @param flag the flag that changes the address, `--listen` for example
 * @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED`
 */
export async function bind(server: Server, address: Address, flag: string): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(bindError(error, address, flag));
    server.once('error', onError);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  return { host: address.host, port: (server.address() as AddressInfo).port };
}

/** A listen error as one sentence that names the flag. */
export function bindError(error: unknown, address: Address, flag: string): CodedError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${hostText(address.host)}:${address.port}`;
  if (code === 'EADDRINUSE') {
    return new CodedError(
      'PLIM_PORT_IN_USE',
      `${where} is already in use; choose another with ${flag} HOST:PORT (port 0 takes a free one)`,
    );
  }
  return new CodedError(
    'PLIM_LISTEN_REFUSED',
    `cannot listen on ${where}: ${reasonOf(code) ?? errorText(error)}; choose another with ${flag} HOST:PORT`,
  );
}

function reasonOf(code: unknown): string | undefined {
  if (code === 'EACCES') return 'this user may not use that port';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return undefined;
}

/** Host as it stands in a URL. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
