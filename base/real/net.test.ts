import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { NetRequest, NetTls } from '#base/net.ts';
import { systemNet } from '#base/real/net.ts';
import { CERTIFICATE, KEY } from '#test/fixtures/tls.ts';

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

test('https trusts whom it is told to, by the name it is told', async () => {
  const server = createTlsServer({ cert: CERTIFICATE, key: KEY }, (_, response) => void response.end('in'));
  await using world = await listening(server, 'https');
  const ask = async (tls?: NetTls): Promise<number> =>
    (await systemNet.request({ ...world.post, ...(tls === undefined ? {} : { tls }) })).status;
  await assert.rejects(ask(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await assert.rejects(ask({ ca: CERTIFICATE }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.equal(await ask({ ca: CERTIFICATE, serverName: 'collector.test' }), 200);
  assert.equal(await ask({ skipsVerify: true }), 200);
});

test('our own certificate is shown when it is asked for', async () => {
  const options = { cert: CERTIFICATE, key: KEY, ca: CERTIFICATE, requestCert: true };
  const server = createTlsServer(options, (_, response) => void response.end());
  await using world = await listening(server, 'https');
  const trust = { ca: CERTIFICATE, serverName: 'collector.test' };
  await assert.rejects(systemNet.request({ ...world.post, tls: trust }));
  const tls = { ...trust, cert: CERTIFICATE, key: KEY };
  assert.equal((await systemNet.request({ ...world.post, tls })).status, 200);
});

async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly post: NetRequest }> {
  return listening(createServer(listener), 'http');
}

async function listening(
  server: Server,
  scheme: 'http' | 'https',
): Promise<AsyncDisposable & { readonly post: NetRequest }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    post: {
      method: 'POST',
      url: `${scheme}://127.0.0.1:${port}/`,
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
