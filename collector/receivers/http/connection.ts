/** What is known about one connection: how much of it is in work, and what breaks when its bytes do. */
import type { BodyReading } from '#collector/receivers/http/body.ts';

/** Requests of one connection worked on at a time; a sender that waits for answers needs one. */
export const PIPELINED_REQUESTS_MAX = 16;

export interface Connection {
  open: number;
  /** The body that is arriving, if one is. */
  reading: BodyReading | undefined;
}

const connections = new WeakMap<object, Connection>();

/** By socket; forgotten with it. */
export function connectionOf(socket: object): Connection {
  let connection = connections.get(socket);
  if (connection === undefined) {
    connection = { open: 0, reading: undefined };
    connections.set(socket, connection);
  }
  return connection;
}
