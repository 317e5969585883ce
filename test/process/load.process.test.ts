/**
 * The load generator against a server that freezes: customers come all the
 * same, waits are counted from when a request was meant to start, and the log
 * says what was seen.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { EventLog } from '#sample-services/load/event-log.ts';
import type { Stats } from '#sample-services/load/loop.ts';
import { promptly } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'sample-services', 'load', 'main.ts');
/** So low that a busy machine keeps up, and two freezes fall into the requests. */
const RATE = 250;
/** When it is waited for in vain, on a machine that may stand still for seconds; nothing promises it. */
const WAIT_MS_MAX = 15_000;
/** Three tenths of every second the server holds all answers back. */
const FREEZE = { everyMs: 1000, forMs: 300 };

interface Line {
  readonly intendedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly journey: string;
  readonly step: string;
  readonly status: number;
  readonly error: string | null;
}

let folder: string;
let server: Server;
let gateway: string;
let freezes = false;

function reply(response: ServerResponse, path: string): void {
  const bodies: Readonly<Record<string, object>> = {
    '/token': { access_token: 'token', expires_in: 600 },
    '/quotes': { quote_id: 'QTE-1' },
    '/shipments': { shipment_id: 'SHP-1' },
  };
  const body = JSON.stringify(bodies[path] ?? {});
  response.writeHead(path === '/token' ? 200 : 201, { 'content-type': 'application/json' }).end(body);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-load-'));
  server = createServer((request, response) => {
    request.resume();
    const phaseMs = performance.now() % FREEZE.everyMs;
    const waitMs = freezes && phaseMs < FREEZE.forMs ? FREEZE.forMs - phaseMs : 0;
    setTimeout(() => reply(response, request.url ?? ''), waitMs);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Load {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<void>;
}

function startLoad(extraArgs: readonly string[]): Load {
  const child = spawn(process.execPath, [MAIN, '--gateway', gateway, '--seed', '5', ...extraArgs], {
    env: { ...process.env, CLIENT_ID: 'portal', CLIENT_SECRET: 'secret' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  return { child, output: () => output, ended };
}

async function controlOf(load: Load): Promise<string> {
  return until('the control address', () => /"control":"([^"]+)"/.exec(load.output())?.[1], {
    timeoutMs: WAIT_MS_MAX,
    everyMs: 10,
    detail: load.output,
  });
}

async function statsOf(control: string): Promise<Stats> {
  return (await (await fetch(`${control}/stats`)).json()) as Stats;
}

function linesOf(file: string): Line[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function send(method: 'PUT' | 'POST', url: string, body: object): Promise<Response> {
  return fetch(url, { method, body: JSON.stringify(body) });
}

test('a freezing server: nobody is skipped, waits count from the intended start', async (t) => {
  freezes = true;
  let tries = 0;
  await promptly(t, 'nine of ten answered', 290, () => nineOfTen(t, `frozen-${(tries += 1)}.ndjson`));
  freezes = false;
});

/** The wait of nine requests of ten in milliseconds; Infinity when the statistics have other waits than the log. */
async function nineOfTen(t: TestContext, name: string): Promise<number> {
  const file = join(folder, name);
  const load = startLoad(['--rate', String(RATE), '--log', file]);
  const control = await controlOf(load);
  await until('requests', async () => (await statsOf(control)).sinceStart.requests > 500, {
    timeoutMs: WAIT_MS_MAX,
  });
  const stats = await statsOf(control);
  load.child.kill('SIGTERM');
  await load.ended;
  assert.equal(load.child.exitCode, 0, load.output());
  const lines = linesOf(file);
  t.diagnostic(
    `${lines.length} requests, lag p99 ${String(stats.sinceStart.lagMs?.p99)} ms, ` +
      `latency p50 ${String(stats.sinceStart.latencyMs?.p50)} ms, p95 ${String(stats.sinceStart.latencyMs?.p95)} ms`,
  );
  assert.ok(lines.length >= stats.sinceStart.requests);
  assert.ok(
    lines.every(({ intendedMs, startedMs, endedMs }) => intendedMs <= startedMs && startedMs <= endedMs),
  );
  assert.deepEqual([...new Set(lines.map(({ status, error }) => `${status} ${String(error)}`))].toSorted(), [
    '200 null',
    '201 null',
  ]);
  // Of 300 ms in every second: one in ten waits longer than 200 ms.
  const waits = lines.map(({ intendedMs, endedMs }) => endedMs - intendedMs).toSorted((a, b) => a - b);
  const p90 = waits[Math.floor(0.9 * waits.length)] ?? 0;
  assert.ok(p90 > 120, `p90 ${p90} ms`);
  const seen = stats.sinceStart.latencyMs?.p90 ?? 0;
  t.diagnostic(`p90 ${seen} ms in the statistics, ${p90} ms in the log`);
  // The log goes on between the two: it differs when the machine stood still there.
  return Math.abs(seen / p90 - 1) < 0.3 ? p90 : Infinity;
}

test('the control changes the rate, sends a crowd, and says what is wrong with a request', async () => {
  const load = startLoad(['--rate', '1']);
  const control = await controlOf(load);
  assert.equal((await send('PUT', `${control}/rate`, { requestsPerSecond: 100 })).status, 200);
  assert.equal((await send('POST', `${control}/flash-crowd`, { factor: 3, seconds: 60 })).status, 202);
  assert.ok(Math.abs((await statsOf(control)).requestsPerSecondNow - 300) < 1e-6);
  await until('a crowd', async () => (await statsOf(control)).sinceStart.requests > 100, {
    timeoutMs: WAIT_MS_MAX,
  });
  for (const [path, body] of [
    ['rate', { requestsPerSecond: 501 }],
    ['rate', {}],
    ['flash-crowd', { factor: 3 }],
  ] as const) {
    const answer = await send(path === 'rate' ? 'PUT' : 'POST', `${control}/${path}`, body);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /must be a number from \d+ to \d+/);
  }
  assert.equal((await fetch(`${control}/nowhere`)).status, 404);
  const browser = await fetch(`${control}/stats`, { headers: { 'user-agent': 'Mozilla/5.0' } });
  assert.equal(browser.status, 403);
  load.child.kill('SIGTERM');
  await load.ended;
  assert.equal(load.child.exitCode, 0, load.output());
});

test('a scraper reads what customers saw where it can do no more', async () => {
  const load = startLoad(['--rate', '1', '--metrics', '127.0.0.1:0']);
  await controlOf(load);
  const metrics = /"metrics":"([^"]+)"/.exec(load.output())?.[1] ?? '';
  const scraped = await fetch(`${metrics}/metrics`);
  assert.match(await scraped.text(), /^freight_customer_journeys_total\{/m);
  for (const [method, path] of [
    ['GET', 'stats'],
    ['PUT', 'rate'],
    ['POST', 'flash-crowd'],
    ['POST', 'metrics'],
  ] as const) {
    assert.equal((await fetch(`${metrics}/${path}`, { method })).status, 404, `${method} ${path}`);
  }
  load.child.kill('SIGTERM');
  await load.ended;
  assert.equal(load.child.exitCode, 0, load.output());
});

test('nobody listens: each request is in the log with what went wrong', async () => {
  const file = join(folder, 'refused.ndjson');
  const load = startLoad([
    '--gateway',
    'http://127.0.0.1:1',
    '--rate',
    '200',
    '--for',
    '500ms',
    '--log',
    file,
  ]);
  await load.ended;
  assert.equal(load.child.exitCode, 0, load.output());
  const lines = linesOf(file);
  assert.ok(lines.length > 5, `${lines.length} lines`);
  const seen = new Set(lines.map(({ step, status, error }) => `${step} ${status} ${String(error)}`));
  assert.deepEqual([...seen], ['POST /token 0 ECONNREFUSED']);
});

test('wrong flags end it with all that is wrong', async () => {
  const load = startLoad([
    '--rate',
    '900',
    '--curve',
    'round',
    '--control',
    '0.0.0.0:80',
    '--metrics',
    'here',
  ]);
  await load.ended;
  assert.equal(load.child.exitCode, 1);
  for (const flag of ['rate', 'curve', 'control', 'metrics'])
    assert.match(load.output(), new RegExp(`--${flag} .*must be`));
});

test('the log turns over at its limit and loses no line', async () => {
  const file = join(folder, 'turning.ndjson');
  const line = {
    intendedMs: 1,
    startedMs: 1,
    endedMs: 2,
    journey: 'ship',
    step: 'POST /quotes',
    error: null,
  };
  {
    await using log = new EventLog(file, 2500);
    for (let status = 0; status < 30; status += 1) {
      log.add({ ...line, status });
      if (status % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 150));
    }
    assert.equal(log.linesLost, 0);
  }
  const statuses = [...linesOf(`${file}.1`), ...linesOf(file)].map(({ status }) => status);
  assert.deepEqual(
    statuses,
    Array.from({ length: 30 }, (_, index) => index),
  );
});
