/**
 * What Toxiproxy does to real connections. `PLIMSOLL_TOXIPROXY=URL` runs it
 * against another one; what ours does on purpose otherwise is skipped there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promptly, takesAbout } from '#test/support/promptly.ts';
import { OTHER_TOXIPROXY, TcpClient, TcpEnd, Toxiproxy } from '#test/support/toxiproxy.ts';
import { until } from '#test/support/wait.ts';

const OURS_ONLY =
  OTHER_TOXIPROXY === undefined ? {} : { skip: 'ours differs on purpose, as chaos/proxy/README.md says' };
/** For what comes at once unless the machine stalls. */
const WAIT_MS_MAX = 10_000;

const echo = (): Promise<TcpEnd> => TcpEnd.listen((socket) => void socket.pipe(socket));

/** Sends `text` and waits for its echo; milliseconds. */
async function roundTrip(client: TcpClient, text: string): Promise<number> {
  const startedMs = performance.now();
  const length = client.received.length + text.length;
  client.socket.write(text);
  await client.read(length);
  return performance.now() - startedMs;
}

test('bytes pass both ways, whatever they are', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  await using client = await TcpClient.connect(await api.proxyTo(server.port));
  const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 255)).toString('latin1');
  for (const text of ['hello', 'GET lost in the mail\r\n\r\n', 'HELLO WORLD', everyByte]) {
    const before = client.received.length;
    client.socket.write(text, 'latin1');
    assert.equal((await client.read(before + text.length)).slice(before), text);
  }
});

test('a server that speaks first is heard', async () => {
  await using api = await Toxiproxy.start();
  await using server = await TcpEnd.listen((socket) => void socket.write('220 ready\r\n'));
  await using client = await TcpClient.connect(await api.proxyTo(server.port));
  assert.equal(await client.read(11), '220 ready\r\n');
});

test('latency: 100 ms are 100 ms, each way on its own', async (t) => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('latency', { latency: 100 });
  await using client = await TcpClient.connect(port);
  const ping = (): Promise<number> => roundTrip(client, 'ping');
  for (let number = 0; number < 3; number += 1) await takesAbout(t, 'an echo', 100, ping);
  await api.json('POST', '/proxies/p/toxics', {
    type: 'latency',
    stream: 'upstream',
    attributes: { latency: 50 },
  });
  await takesAbout(t, 'an echo', 150, ping);
  await api.json('DELETE', '/proxies/p/toxics/latency');
  await takesAbout(t, 'an echo', 50, ping);
});

test('latency: removal sends what is in flight at once', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('latency', { latency: 60_000 });
  await using client = await TcpClient.connect(port);
  client.socket.write('one ');
  await sleep(20);
  client.socket.write('two');
  await sleep(20);
  await api.json('DELETE', '/proxies/p/toxics/latency');
  assert.equal(await client.read(7), 'one two');
});

test('bandwidth: 100 KB at 200 KB/s take half a second', async (t) => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('bandwidth', { rate: 200 });
  await takesAbout(t, '100 KB', 500, async () => {
    // A connection sends the sooner what a late timer has held back: each try has its own.
    await using client = await TcpClient.connect(port);
    return await roundTrip(client, 'x'.repeat(100_000));
  });
});

test('timeout: nothing comes, then the connection closes; removal closes as well', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('timeout', { timeout: 100 });
  await using timed = await TcpClient.connect(port);
  timed.socket.write('x');
  await timed.ended();
  assert.equal(timed.received, '');
  await api.json('PATCH', '/proxies/p/toxics/timeout', { attributes: { timeout: 0 } });
  await using stuck = await TcpClient.connect(port);
  stuck.socket.write('x');
  await sleep(150);
  assert.deepEqual([stuck.received, stuck.events], ['', []]);
  await api.json('DELETE', '/proxies/p/toxics/timeout');
  await stuck.ended();
});

for (const stream of ['upstream', 'downstream']) {
  test(`reset_peer ${stream}: both ends see ECONNRESET`, async () => {
    await using api = await Toxiproxy.start();
    const seen: unknown[] = [];
    await using server = await TcpEnd.listen((socket) => {
      socket.write('welcome');
      socket.resume().on('error', (error) => seen.push('code' in error ? error.code : error.message));
    });
    const port = await api.proxyTo(server.port);
    await api.addToxic('reset_peer', { timeout: 0 }, { stream });
    await using client = await TcpClient.connect(port);
    client.socket.write('x');
    assert.deepEqual(await client.ended(), ['ECONNRESET']);
    await until('the server to see it', () => seen.length > 0, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
    assert.deepEqual(seen, ['ECONNRESET']);
  });
}

test('reset_peer: its time is waited, and an older connection is closed without RST', async (t) => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await takesAbout(t, 'its end', 100, async () => {
    await using older = await TcpClient.connect(port);
    await roundTrip(older, 'x');
    await api.addToxic('reset_peer', { timeout: 100 });
    const startedMs = performance.now();
    older.socket.write('x');
    await older.ended();
    const tookMs = performance.now() - startedMs;
    assert.deepEqual(older.events, ['end']);
    await api.json('DELETE', '/proxies/p/toxics/reset_peer');
    return tookMs;
  });
});

test('slow_close: data comes at once, the end late', async (t) => {
  await using api = await Toxiproxy.start();
  await using server = await TcpEnd.listen((socket) => void socket.end('bye'));
  const port = await api.proxyTo(server.port);
  await api.addToxic('slow_close', { delay: 150 });
  await takesAbout(t, 'the end', 150, async () => {
    await using client = await TcpClient.connect(port);
    const startedMs = performance.now();
    assert.equal(await client.read(3), 'bye');
    const dataMs = performance.now() - startedMs;
    await client.ended();
    return dataMs < 75 ? performance.now() - startedMs : Infinity;
  });
});

test('slicer: everything comes, in order', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('slicer', { average_size: 64, size_variation: 32, delay: 10 });
  await using client = await TcpClient.connect(port);
  const text = Array.from({ length: 20_000 }, (_, index) => index % 10).join('');
  client.socket.write(text);
  assert.equal(await client.read(text.length), text);
});

test('limit_data: the first bytes come, then the end', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await api.addToxic('limit_data', { bytes: 5 });
  await using client = await TcpClient.connect(port);
  client.socket.write('0123456789');
  await client.ended();
  assert.equal(client.received, '01234');
  assert.deepEqual(client.events, ['end']);
});

test('disabled: live connections close and new ones are refused; enabled: the same port serves again', async () => {
  await using api = await Toxiproxy.start();
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await using live = await TcpClient.connect(port);
  await roundTrip(live, 'x');
  await api.json('PATCH', '/proxies/p', { enabled: false });
  await live.ended();
  await using refused = await TcpClient.connect(port);
  assert.deepEqual(refused.events, ['ECONNREFUSED']);
  await api.json('PATCH', '/proxies/p', { enabled: true });
  await using again = await TcpClient.connect(port);
  await roundTrip(again, 'x');
});

test('a server that does not answer closes its client, no more', async () => {
  await using api = await Toxiproxy.start();
  const gone = await echo();
  const port = await api.proxyTo(gone.port);
  await gone[Symbol.asyncDispose]();
  await using client = await TcpClient.connect(port);
  assert.deepEqual(await client.ended(), ['end']);
});

test('removal of any toxic returns at once, though the peer reads nothing', OURS_ONLY, async (t) => {
  await using api = await Toxiproxy.start();
  await using server = await TcpEnd.listen((socket) => {
    socket.on('error', () => {});
    const pour = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(65_536)));
    };
    socket.on('drain', pour);
    pour();
  });
  const port = await api.proxyTo(server.port);
  await using client = await TcpClient.connect(port);
  client.socket.pause();
  await sleep(50);
  for (const [type, attributes] of [
    ['latency', { latency: 10_000 }],
    ['bandwidth', { rate: 0 }],
    ['slicer', { average_size: 10, delay: 1000 }],
    ['noop', {}],
  ] as const) {
    await promptly(t, `${type} removed`, 500, async () => {
      await api.addToxic(type, attributes);
      await sleep(10);
      const startedMs = performance.now();
      await api.json('DELETE', `/proxies/p/toxics/${type}`);
      return performance.now() - startedMs;
    });
  }
});

test('half-close: FIN passes and the answer still comes', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  await using server = await TcpEnd.listen((socket) => {
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.on('end', () => setTimeout(() => socket.end(`got ${text}`), 30));
  });
  await using client = await TcpClient.connect(await api.proxyTo(server.port));
  client.socket.end('all of it');
  assert.deepEqual(await client.ended(), ['end']);
  assert.equal(client.received, 'got all of it');
});

test('RST passes as RST, from either side', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  const seen: unknown[] = [];
  await using server = await TcpEnd.listen((socket) => {
    socket.on('error', (error) => seen.push('code' in error ? error.code : error.message));
    socket.on('data', (data) => {
      if (data.toString() === 'reset') socket.resetAndDestroy();
    });
  });
  const port = await api.proxyTo(server.port);
  await using asking = await TcpClient.connect(port);
  asking.socket.write('reset');
  assert.deepEqual(await asking.ended(), ['ECONNRESET']);
  await using resetting = await TcpClient.connect(port);
  resetting.socket.write('x');
  await until('the server to have it', () => server.sockets.size > 0, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  await sleep(20);
  resetting.socket.resetAndDestroy();
  await until('the server to see it', () => seen.length > 0, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  assert.deepEqual(seen, ['ECONNRESET']);
});

test('a receiver that reads nothing holds the sender back; what is held is bounded', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  let written = 0;
  await using server = await TcpEnd.listen((socket) => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) written += 65_536;
    };
    socket.on('drain', pour);
    pour();
  });
  await using client = await TcpClient.connect(await api.proxyTo(server.port));
  client.socket.pause();
  let before = -1;
  await until(
    'the sender to be held back',
    () => {
      const isStill = written === before;
      before = written;
      return isStill;
    },
    { timeoutMs: WAIT_MS_MAX, everyMs: 100 },
  );
  const metrics = await api.call('GET', '/metrics');
  const value = (name: string): number =>
    Number(new RegExp(`^${name}\\{direction="downstream".*\\} (\\d+)$`, 'm').exec(metrics.text)?.[1]);
  const received = value('toxiproxy_proxy_received_bytes_total');
  assert.ok(received > 0 && received < 64 * 1024 * 1024, `${received} bytes taken`);
  client.socket.resume();
  await client.read(received);
});

test('connections over the limit are turned away and counted', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start({ connectionsMax: 2 });
  await using server = await echo();
  const port = await api.proxyTo(server.port);
  await using first = await TcpClient.connect(port);
  await using second = await TcpClient.connect(port);
  await roundTrip(first, 'x');
  await roundTrip(second, 'x');
  await using third = await TcpClient.connect(port);
  await third.ended();
  assert.match((await api.call('GET', '/metrics')).text, /^chaos_proxy_connections_refused_total 1$/m);
  first.socket.destroy();
  await until('its place to be free', () => api.set?.connections.open === 1, {
    timeoutMs: WAIT_MS_MAX,
    everyMs: 2,
  });
  await using fourth = await TcpClient.connect(port);
  await roundTrip(fourth, 'x');
});
