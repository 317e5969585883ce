/**
 * The demo's page receiver: a webhook that keeps what arrived, one JSON line a
 * notification, and shows it to whoever watches.
 */
import { createServer } from 'node:http';
import { bind } from '#base/real/bind.ts';
import { systemClock } from '#base/real/clock.ts';
import { LogFile } from '#bin/demo/log-file.ts';

export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly fingerprint: string;
}

/** A notification as it came (Alertmanager's webhook payload, version 4). */
export interface ReceivedPage {
  /** Wall clock, milliseconds since the Unix epoch. */
  readonly receivedMs: number;
  readonly status: string;
  readonly alerts: readonly ReceivedAlert[];
}

export interface Pager extends AsyncDisposable {
  readonly port: number;
}

/** A notification is a few KiB; more than this is none. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export async function startPager(file: string, onPage: (page: ReceivedPage) => void): Promise<Pager> {
  const log = new LogFile(file);
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on('end', () => {
      const receivedMs = systemClock.wallMs();
      const page = bytes > BODY_BYTES_MAX ? undefined : readPage(Buffer.concat(chunks), receivedMs);
      response.writeHead(page === undefined ? 400 : 200).end();
      if (page === undefined) return;
      log.write(Buffer.from(`${JSON.stringify(page)}\n`));
      onPage(page);
    });
    request.on('error', () => {});
  });
  const { port } = await bind(server, { host: '127.0.0.1', port: 0 }, 'the page receiver');
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      log[Symbol.dispose]();
    },
  };
}

function readPage(body: Uint8Array, receivedMs: number): ReceivedPage | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof payload !== 'object' || payload === null || !('alerts' in payload)) return undefined;
    if (!Array.isArray(payload.alerts)) return undefined;
    return { receivedMs, ...(payload as Omit<ReceivedPage, 'receivedMs'>) };
  } catch {
    return undefined;
  }
}
