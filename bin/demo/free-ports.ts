/**
 * Ports that nobody listens on, from below the range the system hands out for
 * outgoing connections: a service that is started again must find its own free.
 */
import { createServer } from 'node:net';
import type { Random } from '#base/random.ts';
import { CodedError } from '#base/errors.ts';

const FIRST_PORT = 20_000;
/** Linux gives outgoing connections ports from 32768 on. */
const LAST_PORT = 32_000;
/** Tries before giving up: far more than a machine has listeners. */
const TRIES_MAX = 500;

/** Whether something could listen there now. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host, port }, () => probe.close(() => resolve(true)));
  });
}

/**
 * @returns `count` different ports on 127.0.0.1
 * @throws CodedError `PLIM_PORT_IN_USE` when none can be found
 */
export async function freePorts(count: number, random: Random): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < TRIES_MAX && found.size < count; tries += 1) {
    const port = FIRST_PORT + random.below(LAST_PORT - FIRST_PORT);
    if (!found.has(port) && (await isPortFree('127.0.0.1', port))) found.add(port);
  }
  if (found.size < count) {
    throw new CodedError('PLIM_PORT_IN_USE', `no ${count} free ports between ${FIRST_PORT} and ${LAST_PORT}`);
  }
  return [...found];
}
