/** HTTP faults between Node's own HTTP client and server. */
import assert from 'node:assert/strict';
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takesAbout } from '#test/support/promptly.ts';
import { Toxiproxy } from '#test/support/toxiproxy.ts';

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly port: number;
}

/** A server, a proxy before it, and a client with a single kept-alive connection. */
class World implements AsyncDisposable {
  readonly api: Toxiproxy;
  readonly seen: string[] = [];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #port = 0;

  private constructor(api: Toxiproxy) {
    this.api = api;
    this.#server = createServer((incoming, response) => void this.#serve(incoming, response));
  }

  static async start(): Promise<World> {
    const world = new World(await Toxiproxy.ours());
    await new Promise<void>((resolve) => world.#server.listen(0, '127.0.0.1', resolve));
    world.#port = await world.api.proxyTo((world.#server.address() as AddressInfo).port);
    return world;
  }

  async fault(attributes: object): Promise<void> {
    await this.api.addToxic('http_fault', attributes);
  }

  async end(): Promise<void> {
    await this.api.json('DELETE', '/proxies/p/toxics/http_fault');
  }

  ask({ method = 'GET', path = '/', body, headers = {} }: Asked = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method,
        path,
        headers,
      });
      asked.on('error', reject);
      asked.on('response', (response: IncomingMessage) => {
        let text = '';
        const port = response.socket.localPort ?? 0;
        response.setEncoding('latin1').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, port }));
        response.on('error', reject);
      });
      asked.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.api[Symbol.asyncDispose]();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let bytes = 0;
    for await (const part of incoming as AsyncIterable<Buffer>) bytes += part.length;
    this.seen.push(`${incoming.method} ${incoming.url} ${bytes}`);
    if (incoming.url === '/big') {
      response.end('x'.repeat(3_000_000));
      return;
    }
    response.write('part one, ');
    await sleep(1);
    response.end('part two');
  }
}

const WHOLE = 'part one, part two';

test('a live connection is affected from its next request on, and as good as new afterwards', async () => {
  await using world = await World.start();
  const before = await world.ask();
  assert.deepEqual([before.status, before.body], [200, WHOLE]);
  await world.fault({ status: 503, body: '{"title":"Service Unavailable"}' });
  const during = await world.ask();
  assert.deepEqual([during.status, during.body], [503, '{"title":"Service Unavailable"}']);
  await world.end();
  const after = await world.ask();
  assert.deepEqual([after.status, after.body], [200, WHOLE]);
  assert.deepEqual([during.port, after.port], [before.port, before.port], 'one connection all along');
  assert.deepEqual(world.seen, ['GET / 0', 'GET / 0']);
});

test('large bodies both ways pass, and are drained where a fault answers', async () => {
  await using world = await World.start();
  const body = new Uint8Array(3_000_000);
  const chunked = { 'transfer-encoding': 'chunked' };
  assert.equal((await world.ask({ path: '/big' })).body.length, 3_000_000);
  assert.equal((await world.ask({ method: 'POST', path: '/in', body })).body, WHOLE);
  await world.fault({ status: 500, method: 'POST' });
  const first = await world.ask({ method: 'POST', path: '/in', body });
  const second = await world.ask({ method: 'POST', path: '/in', body, headers: chunked });
  const third = await world.ask({ path: '/big' });
  assert.deepEqual([first.status, second.status, third.body.length], [500, 500, 3_000_000]);
  assert.equal(third.port, first.port);
  assert.deepEqual(world.seen, ['GET /big 0', 'POST /in 3000000', 'GET /big 0']);
});

test('abort is ECONNRESET for the client', async () => {
  await using world = await World.start();
  await world.ask();
  await world.fault({ abort: true, path: '/a' });
  await assert.rejects(world.ask({ path: '/a/b' }), { code: 'ECONNRESET' });
  assert.equal((await world.ask({ path: '/b' })).status, 200);
});

test('a delay is its milliseconds; removal sends what waits', async (t) => {
  await using world = await World.start();
  await world.ask();
  await world.fault({ delay_ms: 100 });
  await takesAbout(t, 'the answer', 100, async () => {
    const startedMs = performance.now();
    assert.equal((await world.ask()).status, 200);
    return performance.now() - startedMs;
  });
  await world.api.json('PATCH', '/proxies/p/toxics/http_fault', { attributes: { delay_ms: 60_000 } });
  const waiting = world.ask();
  await sleep(20);
  await world.end();
  assert.equal((await waiting).status, 200);
});

test('a share of requests, and the effects are counted', async () => {
  await using world = await World.start();
  await world.fault({ status: 503, share: 0.5 });
  let failed = 0;
  for (let number = 0; number < 100; number += 1) failed += (await world.ask()).status === 503 ? 1 : 0;
  assert.ok(failed > 30 && failed < 70, `${failed} of 100`);
  assert.match(
    (await world.api.call('GET', '/metrics')).text,
    new RegExp(`^chaos_proxy_http_faults_total\\{effect="answered",proxy="p"\\} ${failed}$`, 'm'),
  );
});

test('a client that waits for 100-continue is answered', async () => {
  await using world = await World.start();
  const expecting = {
    method: 'POST',
    body: 'hello',
    headers: { expect: '100-continue', 'content-length': '5' },
  };
  assert.equal((await world.ask(expecting)).status, 200);
  await world.fault({ status: 503 });
  assert.equal((await world.ask(expecting)).status, 503);
  await world.end();
  assert.equal((await world.ask()).status, 200);
});

test('toxics act on what a fault answers', async () => {
  await using world = await World.start();
  await world.fault({ status: 503 });
  await world.api.addToxic('latency', { latency: 80 });
  const startedMs = performance.now();
  assert.equal((await world.ask()).status, 503);
  assert.ok(performance.now() - startedMs >= 79);
});

test('a proxy declared tcp leaves HTTP alone', async () => {
  await using world = await World.start();
  const { upstream } = await world.api.json('GET', '/proxies/p');
  const made = await world.api.json('POST', '/populate', [
    { name: 'p', listen: '127.0.0.1:0', upstream, protocol: 'tcp' },
  ]);
  const [proxy] = made['proxies'] as { listen: string; protocol: string }[];
  assert.equal(proxy?.protocol, 'tcp');
  await world.fault({ status: 503 });
  const response = await fetch(`http://${proxy?.listen}/`);
  assert.equal(response.status, 200);
  await response.text();
});
