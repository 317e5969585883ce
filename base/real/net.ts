/** Outgoing HTTP on `node:http` and `node:https`. No redirects, no proxies, one limit on time and one on size. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Net, NetRequest, NetResponse, NetTls } from '#base/net.ts';

class NetTimeoutError extends Error {
  override readonly name = 'NetTimeoutError';
  readonly code = 'ETIMEDOUT';
}

export const systemNet: Net = { request: send };

/** Connections are kept by agent, and an agent has one way to trust. */
const agents = new WeakMap<NetTls, HttpsAgent>();

function agentFor(tls: NetTls): HttpsAgent {
  const known = agents.get(tls);
  if (known !== undefined) return known;
  const agent = new HttpsAgent({
    keepAlive: true,
    rejectUnauthorized: tls.skipsVerify !== true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  });
  agents.set(tls, agent);
  return agent;
}

function send(request: NetRequest): Promise<NetResponse> {
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const { body, tls } = request;
    const headers = body === undefined ? request.headers : withLength(request.headers, body.length);
    const agent = tls !== undefined && url.protocol === 'https:' ? { agent: agentFor(tls) } : {};
    const outgoing = start(url, { method: request.method, headers, ...agent });
    const abort = (): void => void outgoing.destroy(asError(request.signal?.reason));
    const timer = setTimeout(
      () => outgoing.destroy(new NetTimeoutError(`no complete response within ${request.timeoutMs} ms`)),
      request.timeoutMs,
    );
    const settled = (): void => {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', abort);
    };
    const fail = (error: Error): void => {
      settled();
      reject(error);
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      readResponse(incoming, request.responseBytesMax).then((response) => {
        settled();
        resolve(response);
        if (response.truncated) outgoing.destroy();
      }, fail);
    });
    if (request.signal?.aborted === true) abort();
    else request.signal?.addEventListener('abort', abort, { once: true });
    outgoing.end(body);
  });
}

function withLength(
  headers: Readonly<Record<string, string>>,
  length: number,
): Readonly<Record<string, string>> {
  return { ...headers, 'content-length': String(length) };
}

/** Rejects when the connection ends before the response does. */
function readResponse(incoming: IncomingMessage, bytesMax: number): Promise<NetResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (truncated: boolean): void =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: flatHeaders(incoming.headers),
        body: Buffer.concat(chunks),
        truncated,
      });
    incoming.on('data', (chunk: Uint8Array) => {
      const room = bytesMax - length;
      if (chunk.length <= room) {
        chunks.push(chunk);
        length += chunk.length;
        return;
      }
      chunks.push(chunk.subarray(0, Math.max(0, room)));
      length = bytesMax;
      finish(true);
      incoming.destroy();
    });
    incoming.on('end', () => finish(false));
    incoming.on('error', reject);
    incoming.on('aborted', () => reject(new Error('the connection was reset inside the response')));
  });
}

function flatHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the request was aborted');
}
