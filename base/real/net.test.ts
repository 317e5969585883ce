import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { NetRequest } from '#base/net.ts';
import { systemNet } from '#base/real/net.ts';

test('a response comes back whole, with its status whatever it is', async () => {
  await using server = await serve((request, response) => {
    request.setEncoding('utf8').once('data', (body) => {
      response.writeHead(503, { 'Retry-After': '3' }).end(`got ${request.method} ${String(body)}`);
    });
  });
  const response = await systemNet.request({ ...server.post, body: new TextEncoder().encode('hello') });
  assert.equal(response.status, 503);
  assert.equal(response.headers['retry-after'], '3');
  assert.equal(new TextDecoder().decode(response.body), 'got POST hello');
  assert.equal(response.truncated, false);
});

test('a redirect is an answer, not a way to go', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  });
  assert.equal((await systemNet.request(server.post)).status, 302);
});

test('a response over the limit is cut and says so', async () => {
  await using server = await serve((_, response) => {
    response.end('x'.repeat(1_000_000));
  });
  const response = await systemNet.request({ ...server.post, responseBytesMax: 10 });
  assert.equal(response.body.length, 10);
  assert.equal(response.truncated, true);
});

test('the timeout covers a response that never ends', async () => {
  await using server = await serve((_, response) => {
    response.write('a part');
  });
  await assert.rejects(systemNet.request({ ...server.post, timeoutMs: 30 }), { code: 'ETIMEDOUT' });
});

test('a reset inside the response rejects', async () => {
  await using server = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => request.socket.destroy());
  });
  await assert.rejects(systemNet.request(server.post));
});

test('an abort ends the request, also one that comes too early', async () => {
  await using server = await serve(() => {});
  const late = new AbortController();
  const running = systemNet.request({ ...server.post, signal: late.signal });
  setImmediate(() => late.abort(new Error('enough')));
  await assert.rejects(running, { message: 'enough' });
  await assert.rejects(systemNet.request({ ...server.post, signal: AbortSignal.abort(new Error('no')) }));
});

test('nobody there is an error with a code', async () => {
  const server = await serve(() => {});
  await server[Symbol.asyncDispose]();
  await assert.rejects(systemNet.request(server.post), { code: 'ECONNREFUSED' });
});

async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly post: NetRequest }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    post: {
      method: 'POST',
      url: `http://127.0.0.1:${port}/`,
      headers: { connection: 'close' },
      timeoutMs: 5000,
      responseBytesMax: 2_000_000,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
