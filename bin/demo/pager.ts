/**
 * The demo's page receiver: a webhook that keeps what arrived, one JSON line a
 * notification, shows it to whoever watches, and tells it to whoever asks.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bind } from '#base/real/bind.ts';
import { systemClock } from '#base/real/clock.ts';
import { LOOPBACK_NAMES, refusal } from '#base/real/http-access.ts';
import { LogFile } from '#bin/demo/log-file.ts';
import { PageBook, PAGES_KEPT_MAX } from '#bin/demo/page-book.ts';

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
/** Of a page in any case: a browser brings its Host and where it comes from. */
const ACCESS = { hosts: new Set(LOOPBACK_NAMES), apiKey: undefined };

/**
 * `GET /pages?limit=` answers `{"pages": […]}`, the newest first; any POST is a notification.
 *
 * @param file the pages of before are in it
 */
export async function startPager(file: string, onPage: (page: ReceivedPage) => void): Promise<Pager> {
  const log = new LogFile(file);
  const book = bookOf(file);
  const onBody = (body: Uint8Array, response: ServerResponse): void => {
    const page = readPage(body, systemClock.wallMs());
    response.writeHead(page === undefined ? 400 : 200).end();
    if (page === undefined) return;
    const json = JSON.stringify(page);
    log.write(Buffer.from(`${json}\n`));
    book.add(json);
    onPage(page);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://pager');
    const { method = 'GET', headers } = request;
    if (refusal({ method, path: url.pathname, headers }, ACCESS) !== undefined) response.writeHead(403).end();
    else if (method === 'POST') receive(request, response, onBody);
    else if (method === 'GET' && url.pathname === '/pages') tell(response, book, url.searchParams);
    else response.writeHead(404).end();
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

/** The pages of before: the file, and what was put aside of it. */
function bookOf(file: string): PageBook {
  const book = new PageBook();
  const lines = [`${file}.1`, file].flatMap((name) =>
    existsSync(name) ? readFileSync(name, 'utf8').split('\n') : [],
  );
  for (const line of lines.filter((text) => text !== '').slice(-PAGES_KEPT_MAX))
    if (isJson(line)) book.add(line);
  return book;
}

/** The last line of a receiver that was killed may be half a page. */
function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  onBody: (body: Uint8Array, response: ServerResponse) => void,
): void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  });
  request.on('end', () =>
    onBody(bytes > BODY_BYTES_MAX ? new Uint8Array() : Buffer.concat(chunks), response),
  );
  request.on('error', () => {});
}

function tell(response: ServerResponse, book: PageBook, query: URLSearchParams): void {
  const limit = Number(query.get('limit') ?? PAGES_KEPT_MAX);
  if (!Number.isInteger(limit) || limit < 1) {
    response.writeHead(400).end();
    return;
  }
  const text = book.json(limit);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
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
