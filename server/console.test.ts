import { equal, match, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import express from 'express';
import { consoleRoutes, readConsole, type Console } from '#server/console.ts';
import { notFound } from '#server/http/errors.ts';
import { listen } from '#server/http/listen.ts';
import { ask } from '#test/support/raw-http.ts';

const PAGE = '<!doctype html><script type="module" src="/assets/x-abc.js"></script>'.padEnd(2000);

function built(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-console-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'assets', 'x-abc.js'), 'x'.repeat(5000));
  writeFileSync(join(folder, 'secret.txt'), 'not of the console');
  return folder;
}

async function serve(t: TestContext, folder: string): Promise<string> {
  const files = readConsole(folder);
  return serveState(t, files === undefined ? { state: 'absent' } : { state: 'ready', files });
}

async function serveState(t: TestContext, present: Console): Promise<string> {
  const app = express();
  app.use(consoleRoutes(() => present));
  app.use(notFound);
  const listening = await listen(app, { host: '127.0.0.1', port: 0 }, '--listen');
  t.after(() => listening[Symbol.asyncDispose]());
  return listening.url;
}

test('every address below /ui is the page, with a strict policy', async (t) => {
  const url = await serve(t, built(t));
  for (const path of ['/', '/ui', '/ui/', '/ui/slos/gateway/availability', '/ui/traces/abc?span=1']) {
    const answer = await fetch(url + path);
    equal(await answer.text(), PAGE, path);
    equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy') ?? '';
    match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    ok(!policy.includes('unsafe'), policy);
  }
});

test('built files are kept for ever, packed, and answered 304 when known', async (t) => {
  const url = await serve(t, built(t));
  const answer = await fetch(`${url}/assets/x-abc.js`);
  equal(answer.headers.get('content-encoding'), 'gzip');
  equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  equal((await answer.text()).length, 5000);
  const etag = answer.headers.get('etag') ?? '';
  equal((await fetch(`${url}/assets/x-abc.js`, { headers: { 'if-none-match': etag } })).status, 304);
  const plain = await fetch(`${url}/assets/x-abc.js`, { headers: { 'accept-encoding': 'identity' } });
  equal(plain.headers.get('content-encoding'), null);
});

test('no path leads out of what was built', async (t) => {
  const url = await serve(t, built(t));
  for (const path of [
    '/assets/../secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/',
    '/assets/none.js',
    '/secret.txt',
    '/index.html',
  ]) {
    const answer = await ask(url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    equal(answer?.status, 404, path);
  }
});

test('where there is none, its addresses are nobody’s', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-console-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  equal((await fetch(`${await serve(t, folder)}/ui`)).status, 404);
});

test('a build that failed says why, and does not come back', async (t) => {
  const answer = await fetch(await serveState(t, { state: 'failed', reason: 'vite is missing' }));
  equal(answer.status, 503);
  equal(answer.headers.get('refresh'), null);
  match(await answer.text(), /could not be built: vite is missing\./);
});

test('while it is being built the page says so and comes back', async (t) => {
  const url = await serveState(t, { state: 'building' });
  const answer = await fetch(`${url}/ui/logs`);
  equal(answer.status, 503);
  equal(answer.headers.get('refresh'), '1');
  match(await answer.text(), /being built/);
});
