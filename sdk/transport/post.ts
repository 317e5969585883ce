/** One HTTP POST, not traced, that never keeps the process alive. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';
import type { Destination } from '#sdk/core/settings.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/** Connections to one collector: traces beside logs. */
const SOCKETS_MAX = 2;
/** More than any collector has to say; what comes after is not read. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** Smaller than this it is not worth it. */
const GZIP_BYTES_MIN = 1024;

// Taken before any instrumentation wraps them: our own requests make no spans.
const requestPlain = httpRequest;
const requestSecure = httpsRequest;
const agents = {
  plain: new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
  secure: new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
};

/** A request body as it goes over the wire, with its headers. */
export interface Packed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export function pack({ headers, compression }: Destination, mediaType: string, body: Uint8Array): Packed {
  const isZipped = compression === 'gzip' && body.length >= GZIP_BYTES_MIN;
  const sent = isZipped ? gzipSync(body, { level: 1 }) : body;
  return {
    headers: {
      ...headers,
      'content-type': mediaType,
      'content-length': String(sent.length),
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    },
    body: sent,
  };
}

/** @returns the answer; @throws Error when there was no complete one in time */
export function post({ url, timeoutMs }: Destination, { headers, body }: Packed): Promise<Answer> {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? requestSecure : requestPlain)(target, {
      method: 'POST',
      headers,
      agent: isSecure ? agents.secure : agents.plain,
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    timer.unref();
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      action();
    };
    outgoing.on('socket', (socket) => socket.unref());
    outgoing.on('error', (error) => settle(() => reject(error)));
    outgoing.on('response', (incoming) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length;
        if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else incoming.destroy();
      });
      incoming.on('error', (error) => {
        if (bytes <= ANSWER_BYTES_MAX) settle(() => reject(error));
      });
      incoming.on('close', () => {
        const { statusCode = 0, headers: answered } = incoming;
        const answer = {
          status: statusCode,
          retryAfter: answered['retry-after'],
          body: Buffer.concat(chunks),
        };
        settle(() => resolve(answer));
      });
    });
    outgoing.end(body);
  });
}
