import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { json, Router } from 'express';
import { CodedError } from '#base/errors.ts';
import { silentLogger, type Logger } from '#base/log.ts';
import { LOOPBACK_NAMES, type AccessRules } from '#base/real/http-access.ts';
import { listen } from '#server/http/listen.ts';
import { createOrigin, type OriginParts } from '#server/origin.ts';
import { ask, rawRequest } from '#test/support/raw-http.ts';

const ACCESS: AccessRules = { hosts: new Set(LOOPBACK_NAMES), apiKey: undefined };
const SECRET = 'secret-from-the-inside';

async function serve(t: TestContext, parts: Partial<OriginParts> = {}): Promise<string> {
  const origin = createOrigin({
    access: ACCESS,
    log: silentLogger,
    routers: [],
    metrics: () => Promise.resolve('# HELP m M.\n# TYPE m gauge\nm 1\n'),
    notReady: () => undefined,
    console: () => ({ state: 'absent' }),
    ...parts,
  });
  const listening = await listen(origin, { host: '127.0.0.1', port: 0 }, '--listen');
  t.after(() => listening[Symbol.asyncDispose]());
  return listening.url;
}

function failing(): Router {
  const router = Router();
  router.get('/crash', () => {
    throw new TypeError(SECRET);
  });
  router.get('/reject', () => Promise.reject(new Error(SECRET)));
  router.get('/coded', () => {
    throw new CodedError('PLIM_STORE_UNAVAILABLE', 'documents is not running');
  });
  router.post('/body', json({ limit: 100 }), (_request, response) => void response.json({}));
  return router;
}

test('probes answer in a line of text', async (t) => {
  let reason: string | undefined = 'metrics is being started';
  const url = await serve(t, { notReady: () => reason });
  const healthy = await fetch(`${url}/-/healthy`);
  deepEqual([healthy.status, await healthy.text()], [200, 'Plimsoll is healthy.\n']);
  const notReady = await fetch(`${url}/-/ready`);
  deepEqual(
    [notReady.status, await notReady.text()],
    [503, 'Plimsoll is not ready: metrics is being started.\n'],
  );
  reason = undefined;
  const ready = await fetch(`${url}/-/ready`);
  deepEqual([ready.status, await ready.text()], [200, 'Plimsoll is ready.\n']);
});

test('/metrics has the content type of the text format', async (t) => {
  const page = await fetch(`${await serve(t)}/metrics`);
  equal(page.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  match(await page.text(), /^m 1$/m);
});

test('a path nobody has is a 404 in JSON, whatever the client accepts', async (t) => {
  const url = await serve(t);
  for (const path of ['/', '/index.html', '/api', '/alertmanager/api/v2/status', '/loki/api/v1/labels']) {
    const answer = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } });
    equal(answer.status, 404, path);
    match(answer.headers.get('content-type') ?? '', /^application\/json/);
    deepEqual(Object.keys((await answer.json()) as object), ['code', 'message']);
  }
});

test('the guard stands before everything: Host, foreign state changes', async (t) => {
  const url = await serve(t, { routers: [{ prefix: '/x', router: failing() }] });
  const foreign = await ask(url, rawRequest('/-/healthy', { host: 'evil.example' }, '', 'GET'));
  equal(foreign?.status, 403);
  match(foreign.body.toString(), /PLIM_HOST_REFUSED/);
  const post = { method: 'POST', headers: { origin: 'http://evil.example' } };
  const change = await fetch(`${url}/x/body`, post);
  equal(change.status, 403);
  equal(((await change.json()) as { code: string }).code, 'PLIM_ORIGIN_REFUSED');
});

test('with a key set, only the probes are open', async (t) => {
  const apiKey = '0123456789abcdef';
  const url = await serve(t, { access: { ...ACCESS, apiKey } });
  equal((await fetch(`${url}/-/healthy`)).status, 200);
  equal((await fetch(`${url}/metrics`)).status, 401);
  equal((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status, 401);
  equal((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })).status, 200);
});

test('headers of every answer: no sniffing, no storing, no sharing, no framework', async (t) => {
  const url = await serve(t);
  for (const path of ['/-/healthy', '/nothing']) {
    const { headers } = await fetch(`${url}${path}`, { headers: { origin: 'http://evil.example' } });
    equal(headers.get('x-content-type-options'), 'nosniff');
    equal(headers.get('cache-control'), 'no-store');
    equal(headers.get('access-control-allow-origin'), null);
    equal(headers.get('x-powered-by'), null);
  }
});

test('a bug is logged whole and shown as nothing but a bug', async (t) => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => void lines.push(fields) };
  const url = await serve(t, { log, routers: [{ prefix: '/x', router: failing() }] });
  for (const path of ['/x/crash', '/x/reject']) {
    const answer = await fetch(`${url}${path}`);
    const text = await answer.text();
    equal(answer.status, 500);
    ok(!text.includes(SECRET) && !text.includes(' at '), text);
    match(text, /PLIM_INTERNAL/);
  }
  equal(lines.length, 2);
  for (const fields of lines) {
    equal(fields['error'], SECRET);
    match(String(fields['stack']), /origin\.test\.ts/);
  }
});

test('errors of the catalogue and of the body parser keep their meaning, and are no bugs', async (t) => {
  let bugs = 0;
  const log: Logger = { ...silentLogger, error: () => void (bugs += 1) };
  const url = await serve(t, { log, routers: [{ prefix: '/x', router: failing() }] });
  const coded = await fetch(`${url}/x/coded`);
  deepEqual([coded.status, coded.headers.get('retry-after')], [503, '1']);
  const send = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${url}/x/body`, { method: 'POST', headers: { 'content-type': type }, body });
  equal((await send('{')).status, 400);
  equal((await send(JSON.stringify('x'.repeat(200)))).status, 413);
  equal((await send('{}', 'application/json; charset=latin9')).status, 415);
  const path = await fetch(`${url}/x/%E0%A4%A`);
  equal(path.status, 404);
  equal(bugs, 0);
});
