/**
 * HTTP/1.1 by hand, for requests no client library would send: every byte is
 * the test's, and what comes back is read until it is complete or the peer
 * closes.
 */
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RawConnection extends Disposable {
  readonly socket: Socket;
  send(bytes: Uint8Array | string): Promise<void>;
  /** The next response; undefined when the peer closed before one was complete. */
  next(timeoutMs?: number): Promise<RawResponse | undefined>;
  /** Resolves when the peer closed; false when it did not within the time. */
  closed(timeoutMs: number): Promise<boolean>;
}

const ANSWER_MS_MAX = 10_000;

export async function openRaw(baseUrl: string): Promise<RawConnection> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let received = Buffer.alloc(0);
  let ended = false;
  let wake = (): void => {};
  // A reset after the answer is a way of closing like any other.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });

  async function until<T>(take: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const taken = take();
      if (taken !== undefined || ended) return taken;
      const left = deadline - Date.now();
      if (left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    socket,
    send: (bytes) =>
      new Promise((resolve) => {
        // A peer that has closed already is for `next` to tell.
        if (socket.destroyed) resolve();
        else socket.write(bytes, () => resolve());
      }),
    next: (timeoutMs = ANSWER_MS_MAX) =>
      until(() => {
        const parsed = parseResponse(received);
        if (parsed !== undefined) received = received.subarray(parsed.length);
        return parsed?.response;
      }, timeoutMs),
    closed: async (timeoutMs) => {
      await until(() => (ended ? true : undefined), timeoutMs);
      return ended;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

function parseResponse(received: Buffer): { response: RawResponse; length: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const status = Number(statusLine.split(' ')[1]);
  const bodyLength = status === 100 ? 0 : Number(headers['content-length'] ?? '0');
  const length = headEnd + 4 + bodyLength;
  if (received.length < length) return undefined;
  return { response: { status, headers, body: received.subarray(headEnd + 4, length) }, length };
}

/** Head and body of a request, with Host and Content-Length filled in unless given. */
export function rawRequest(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string = '',
  method = 'POST',
): Buffer {
  const bytes = Buffer.from(body);
  const all: Record<string, string> = {
    host: 'localhost',
    ...('transfer-encoding' in headers ? {} : { 'content-length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

/** One request on a connection of its own. */
export async function ask(baseUrl: string, request: Uint8Array | string): Promise<RawResponse | undefined> {
  using connection = await openRaw(baseUrl);
  await connection.send(request);
  // Awaited here, for the connection closes when this returns.
  return await connection.next();
}
