/** A server that stops as it should: not ready, no new work, the old one finished, the rest sent, gone. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { flush } from '#sdk/flushing.ts';
import { beginStopping } from '#sdk/http/stopping.ts';
import { logger } from '#sdk/logs/logger.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** Ends what the service itself has begun: consumers, databases. Called once, when no request is left. */
  readonly onStop?: () => void | Promise<void>;
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  /** Stops as a SIGTERM does, without ending the process. Again it joins the first. */
  close(): Promise<void>;
}

/** Requests under way get that long; what is left is cut. Together the stages stay below 2.5 s. */
const DRAIN_MS_MAX = 1000;
const ON_STOP_MS_MAX = 800;
/** Connections become idle while others drain. */
const IDLE_LOOK_MS = 25;
/** One Ctrl-C may arrive several times; a later one means it. */
const IMPATIENCE_MS = 1000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Listens. SIGTERM and SIGINT stop it and end the process, with 0 when all went
 * well and 1 when `onStop` failed or took too long; a second signal a second
 * later ends it at once.
 *
 * @throws Error with the system's `code` when the address cannot be had
 */
export async function serve(app: RequestListener, { host, port, onStop }: ServeOptions): Promise<Serving> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= stop(server, onStop));
  stopAtSignals(close);
  const { port: bound } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  logger.info({ url }, 'listening');
  return { url, port: bound, close };
}

async function stop(server: Server, onStop: ServeOptions['onStop']): Promise<void> {
  beginStopping();
  await drain(server);
  try {
    if (onStop !== undefined) await within(ON_STOP_MS_MAX, Promise.resolve().then(onStop));
  } finally {
    logger.info('stopped');
    await flush();
  }
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS_MAX);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** @throws Error when it takes longer than `limitMs` */
async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`took longer than ${limitMs} ms`)), limitMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function stopAtSignals(close: () => Promise<void>): void {
  let beganMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (beganMs !== undefined) {
      if (nowMs - beganMs < IMPATIENCE_MS) return;
      for (const other of SIGNALS) process.removeAllListeners(other);
      process.kill(process.pid, signal);
      return;
    }
    beganMs = nowMs;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
