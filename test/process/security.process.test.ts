/**
 * Loopback is not authentication: what a web page in somebody's browser could
 * send to the running program, and what another machine could.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runPlimsoll, startPlimsoll, type Program } from '#test/support/program.ts';
import { ask, rawRequest, type RawResponse } from '#test/support/raw-http.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const SILENCE = JSON.stringify({
  matchers: [{ name: 'service', value: 'quotes', isRegex: false, isEqual: true }],
  startsAt: '2026-01-01T00:00:00Z',
  endsAt: '2099-01-01T00:00:00Z',
  createdBy: 'test',
  comment: 'test',
});
const STATE_CHANGES = [
  ['POST', '/api/v2/silences', SILENCE],
  ['DELETE', '/api/v2/silence/0b3a4a3e-0000-4000-8000-000000000000', ''],
] as const;
const FOREIGN = [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
] as const;

let folder: string;
let program: Program;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-security-'));
  program = await startPlimsoll({ dataDirectory: join(folder, 'data') });
});
after(async () => {
  await program[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function send(base: string, request: Buffer): Promise<RawResponse> {
  const response = await ask(base, request);
  ok(response !== undefined, 'it answers');
  return response;
}

function own(base: string): string {
  return new URL(base).host;
}

describe('a page in the browser', () => {
  test('a name that is not ours in Host is refused on both doors, for reading too', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:7300']) {
      const read = await send(program.origin, rawRequest('/api/services', { host }, '', 'GET'));
      equal(read.status, 403, host);
      match(read.body.toString(), /PLIM_HOST_REFUSED|allow-list/);
      const write = await send(program.otlpHttp, rawRequest('/v1/traces', { host, ...JSON_HEADERS }, '{}'));
      equal(write.status, 403, host);
    }
  });

  test('our own names are taken', async () => {
    const { port } = new URL(program.origin);
    for (const host of [own(program.origin), `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`]) {
      equal((await send(program.origin, rawRequest('/api/services', { host }, '', 'GET'))).status, 200, host);
    }
  });

  test('a foreign page may not change state', async () => {
    const host = own(program.origin);
    for (const [method, path, body] of STATE_CHANGES) {
      for (const headers of FOREIGN) {
        const request = rawRequest(path, { host, ...JSON_HEADERS, ...headers }, body, method);
        const response = await send(program.origin, request);
        equal(response.status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
      }
    }
    const silences = await fetch(`${program.origin}/api/v2/silences`);
    deepEqual(await silences.json(), [], 'nothing was changed');
  });

  test('neither may it send telemetry, nor in a type a browser sends without asking', async () => {
    const host = own(program.otlpHttp);
    for (const headers of FOREIGN) {
      const request = rawRequest('/v1/traces', { host, ...JSON_HEADERS, ...headers }, '{}');
      equal((await send(program.otlpHttp, request)).status, 403, JSON.stringify(headers));
    }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const request = rawRequest('/v1/traces', { host, 'content-type': type }, '{}');
      equal((await send(program.otlpHttp, request)).status, 415, type);
    }
  });

  test('our own page and plain tools may', async () => {
    const host = own(program.origin);
    const same = { origin: program.origin, 'sec-fetch-site': 'same-origin' };
    for (const headers of [same, {}]) {
      const request = rawRequest('/api/v2/silences', { host, ...JSON_HEADERS, ...headers }, SILENCE);
      equal((await send(program.origin, request)).status, 200);
    }
  });

  test('no answer carries a CORS header, a preflight is not granted', async () => {
    const origin = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
    for (const [base, path] of [
      [program.origin, '/api/v2/silences'],
      [program.origin, '/api/v1/query?query=up'],
      [program.origin, '/api/services'],
      [program.origin, '/metrics'],
      [program.otlpHttp, '/v1/traces'],
    ] as const) {
      for (const method of ['OPTIONS', 'GET', 'POST']) {
        const request = rawRequest(path, { host: own(base), ...JSON_HEADERS, ...origin }, '', method);
        const { headers } = await send(base, request);
        const cors = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
        deepEqual(cors, [], `${method} ${path}`);
      }
    }
  });
});

describe('another machine', () => {
  for (const flag of ['--listen', '--otlp-http']) {
    test(`${flag} off loopback is refused without a key or --insecure`, async () => {
      const other = flag === '--listen' ? '--otlp-http' : '--listen';
      const args = ['up', '--data', join(folder, 'off'), flag, '0.0.0.0:0', other, '127.0.0.1:0'];
      const ended = await runPlimsoll(args);
      equal(ended.code, 1, ended.output);
      match(ended.output, new RegExp(`${flag} 0\\.0\\.0\\.0 .*server\\.api_key.*--insecure`));
    });
  }

  test('a key is asked for on every route but the probes and the console’s own files', async () => {
    await using guarded = await startPlimsoll({
      dataDirectory: join(folder, 'keyed'),
      configText: 'server:\n  api_key: a-key-of-at-least-32-characters-0123456789\n',
    });
    const key = { authorization: 'Bearer a-key-of-at-least-32-characters-0123456789' };
    for (const path of [
      '/api/services',
      '/api/v1/query?query=up',
      '/metrics',
      '/api/plimsoll/v1/ledger',
      '/ui-not',
    ]) {
      equal((await fetch(`${guarded.origin}${path}`)).status, 401, path);
      equal(
        (await fetch(`${guarded.origin}${path}`, { headers: { authorization: 'Bearer x' } })).status,
        401,
      );
    }
    for (const path of ['/-/healthy', '/-/ready']) equal((await fetch(guarded.origin + path)).status, 200);
    // They hold no data, and ask for the key themselves.
    for (const path of ['/', '/ui', '/ui/logs', '/assets/none.js']) {
      ok([200, 404, 503].includes((await fetch(guarded.origin + path)).status), path);
    }
    equal((await fetch(`${guarded.origin}/api/services`, { headers: key })).status, 200);
    const post = { method: 'POST', body: '{}' };
    equal((await fetch(`${guarded.otlpHttp}/v1/traces`, { ...post, headers: JSON_HEADERS })).status, 401);
    const both = { ...JSON_HEADERS, ...key };
    equal((await fetch(`${guarded.otlpHttp}/v1/traces`, { ...post, headers: both })).status, 200);
    ok(!guarded.output().includes('a-key-of'), 'the key is in no output');
  });
});
