/** A service to break: answers every request at once, allocates or tells the time when asked to. Its port is the first argument. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MIB = 1024 * 1024;
const kept: Uint8Array[] = [];

const server = createServer((request, response) => {
  const mib = Number(/^\/allocate\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 0);
  if (mib > 0) kept.push(new Uint8Array(mib * MIB).fill(1));
  if (request.url === '/clock') response.end(String(Date.now()));
  else response.end(request.url === '/large' ? Buffer.alloc(20_000, 'x') : 'here');
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
