/** Ports for servers that must come back on the same one. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which the kernel takes ports for outgoing connections: one
 * of those may otherwise sit on a server's port while the server is down.
 */
const PORT_MIN = 18_000;
/** Processes one after the other take from different slices: what one has chosen is not yet bound. */
const SLICES = 100;
const SLICE_PORTS = 140;
const OWN_MIN = PORT_MIN + (process.pid % SLICES) * SLICE_PORTS;
const TRIES_MAX = 1000;
const given = new Set<number>();

/** A port of 127.0.0.1 on which nothing listens, and which this process was not given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = OWN_MIN + randomInt(SLICE_PORTS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${OWN_MIN} on in ${TRIES_MAX} tries`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
