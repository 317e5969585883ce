/**
 * Both ends of a connection in one process: round trips of one byte, then as
 * many bytes as go through in the window, directly or through a proxy. Prints
 * `begin` and `end` around the window, then what it measured as JSON.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { invariant } from '#base/invariant.ts';

export interface EndsSettings {
  /** Where proxies are made; undefined connects directly. */
  readonly control: string | undefined;
  readonly roundTrips: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface EndsReport {
  readonly roundTripMicrosP50: number;
  readonly roundTripMicrosP99: number;
  readonly megabytesPerSecond: number;
}

const CHUNK = Buffer.alloc(64 * 1024);
const WARM_UP_ROUND_TRIPS = 2000;

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function reach(port: number, control: string | undefined): Promise<Socket> {
  const socket = connect({ port: await proxied(port, control), host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

async function proxied(port: number, control: string | undefined): Promise<number> {
  if (control === undefined) return port;
  const body = JSON.stringify({ name: `to-${port}`, listen: '127.0.0.1:0', upstream: `127.0.0.1:${port}` });
  const response = await fetch(`${control}/proxies`, { method: 'POST', body });
  const { listen: address } = (await response.json()) as { listen: string };
  return Number(address.split(':').at(-1));
}

async function measureRoundTrips({ control, roundTrips }: EndsSettings): Promise<number[]> {
  const socket = await reach(await listen((peer) => void peer.pipe(peer)), control);
  const micros: number[] = [];
  await new Promise<void>((resolve) => {
    let startedMs = performance.now();
    socket.on('data', () => {
      const nowMs = performance.now();
      micros.push((nowMs - startedMs) * 1000);
      if (micros.length === WARM_UP_ROUND_TRIPS + roundTrips) return resolve();
      startedMs = performance.now();
      socket.write('x');
    });
    socket.write('x');
  });
  socket.destroy();
  return micros.slice(WARM_UP_ROUND_TRIPS).toSorted((left, right) => left - right);
}

async function measureThroughput({ control, warmUpMs, windowMs }: EndsSettings): Promise<number> {
  const pour = (socket: Socket): void => {
    const fill = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('drain', fill);
    fill();
  };
  const socket = await reach(await listen(pour), control);
  let bytes = 0;
  socket.on('data', (data) => (bytes += data.length));
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  process.stdout.write('begin\n');
  const startedMs = performance.now();
  bytes = 0;
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  const rate = bytes / 1000 / (performance.now() - startedMs);
  process.stdout.write('end\n');
  socket.destroy();
  invariant(bytes > 0, 'bytes have come through');
  return rate;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as EndsSettings;
const micros = await measureRoundTrips(settings);
const report: EndsReport = {
  roundTripMicrosP50: micros[Math.floor(micros.length * 0.5)] ?? Number.NaN,
  roundTripMicrosP99: micros[Math.floor(micros.length * 0.99)] ?? Number.NaN,
  megabytesPerSecond: await measureThroughput(settings),
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
