/** What the origin answers when companions are absent, away, strange, or asked for what they may not do; and proofs. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { NO_COMPANIONS, serveOwn } from '#test/support/own-origin.ts';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const { code = '', message = '' } = (await response.json()) as Partial<Answer>;
  return { status: response.status, code, message };
}

function posting(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** A program that answers in its own way; its URL and the requests it got. */
async function strange(t: TestContext, listener: RequestListener) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('without companions there are none, and the way to have some is said', async (t) => {
  const url = await serveOwn(t);
  const companions = await fetch(`${url}/companions`);
  deepEqual(await companions.json(), { chaos: false, pages: false, proofs: false, grafana: null });
  const calls: readonly (readonly [string, RequestInit])[] = [
    ['/faults', {}],
    ['/faults/catalogue', {}],
    ['/faults', posting({ fault: 'cut', target: 'quotes', forMs: 1000 })],
    ['/faults/abc/renew', { method: 'POST' }],
    ['/faults/abc', { method: 'DELETE' }],
    ['/faults', { method: 'DELETE' }],
  ];
  const message = 'there is no fault daemon beside this platform; start one with npm start';
  for (const [path, init] of calls)
    deepEqual(await ask(`${url}${path}`, init), { status: 404, code: 'PLIM_NOT_FOUND', message }, path);
  match((await ask(`${url}/pages`)).message, /^there is no page receiver beside this platform/);
  for (const path of ['/proofs', '/proofs/x', '/proofs/x/report.html']) {
    const answer = await ask(`${url}${path}`);
    deepEqual([answer.status, answer.code], [404, 'PLIM_NOT_FOUND']);
    match(answer.message, /^this platform shows no proofs; npm start does/);
  }
});

test('a companion that is away, or answers what it should not, is named', async (t) => {
  const odd = await strange(t, (request, response) => {
    const json = { 'content-type': 'application/json' };
    if (request.url === '/faults') response.end('<html>');
    else if (request.url === '/faults/catalogue') response.writeHead(418, json).end('{"error":{"code":"X"}}');
    else response.writeHead(200, json).end(Buffer.alloc(17 * 1024 * 1024, ' '));
  });
  // Nobody listens on port 1 of loopback.
  const url = await serveOwn(t, {
    companions: { ...NO_COMPANIONS, chaos: odd.url, pages: 'http://127.0.0.1:1' },
  });
  const away = await ask(`${url}/pages`);
  deepEqual([away.status, away.code], [502, 'PLIM_COMPANION_UNREACHABLE']);
  match(away.message, /^the page receiver at http:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
  const { url: at } = odd;
  const init = { method: 'POST' };
  deepEqual(
    [
      await ask(`${url}/faults`),
      await ask(`${url}/faults/catalogue`),
      await ask(`${url}/faults/a/renew`, init),
    ],
    [
      `the fault daemon at ${at} answered GET /faults with 200 and no JSON`,
      `the fault daemon at ${at} answered GET /faults/catalogue with 418`,
      `the fault daemon at ${at} answers with more than 16777216 bytes`,
    ].map((message) => ({ status: 502, code: 'PLIM_COMPANION_UNREACHABLE', message })),
  );
});

test('only a fault that ends by itself goes to the daemon, and only from our own pages', async (t) => {
  const daemon = await strange(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"1"}');
  });
  const url = await serveOwn(t, { companions: { ...NO_COMPANIONS, chaos: daemon.url } });
  const fault = { fault: 'cut', target: 'quotes' };
  for (const body of [fault, { ...fault, forMs: '9' }, { ...fault, forMs: 9, leaseMs: 500 }, [fault], null])
    equal((await ask(`${url}/faults`, posting(body))).status, 400, JSON.stringify(body));
  const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(fault) };
  equal((await ask(`${url}/faults`, text)).status, 400);
  const large = posting({ ...fault, forMs: 9, parameters: { x: 'x'.repeat(64 * 1024) } });
  deepEqual((await ask(`${url}/faults`, large)).code, 'PLIM_BODY_TOO_LARGE');
  equal((await ask(`${url}/faults/..%2Freset`, { method: 'DELETE' })).status, 404);
  for (const header of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    for (const method of ['POST', 'DELETE']) {
      const headers = { 'content-type': 'application/json', ...header };
      const body = method === 'POST' ? JSON.stringify({ ...fault, forMs: 9 }) : null;
      const refused = await ask(`${url}/faults`, { method, headers, body });
      deepEqual([refused.status, refused.code], [403, 'PLIM_ORIGIN_REFUSED']);
    }
  deepEqual(daemon.seen, []);
  equal((await ask(`${url}/faults`, posting({ ...fault, forMs: 9 }))).status, 201);
  deepEqual(daemon.seen, ['POST /faults']);
});

test('a number of pages that makes no sense is refused', async (t) => {
  const url = await serveOwn(t, { companions: { ...NO_COMPANIONS, pages: 'http://127.0.0.1:1' } });
  for (const limit of ['0', '501', '-1', '1e2', 'x'])
    equal((await ask(`${url}/pages?limit=${limit}`)).code, 'PLIM_PARAMETER', limit);
});

function proofsFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-proofs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param atS when it was written, seconds since the Unix epoch */
function writeProof(folder: string, id: string, report: string, atS: number): void {
  mkdirSync(join(folder, id));
  const file = join(folder, id, 'report.json');
  writeFileSync(file, report);
  utimesSync(file, atS, atS);
}

const REPORT = { version: 1, startedAt: '2026-01-02T03:04:05.678Z', tookMs: 5, commit: null, passed: true };

test('proofs are listed newest first; a broken one is told beside them', async (t) => {
  const folder = proofsFolder(t);
  const url = await serveOwn(t, { companions: { ...NO_COMPANIONS, proofs: join(folder, 'none-yet') } });
  deepEqual(await (await fetch(`${url}/proofs`)).json(), { proofs: [], problems: [] });
  const shown = await serveOwn(t, { companions: { ...NO_COMPANIONS, proofs: folder } });
  const worlds = [{ kind: 'matrix', divisor: 60, seed: 1, requests: 10, rows: [{}, {}], strays: [] }];
  writeProof(folder, 'b-first', JSON.stringify({ ...REPORT, reasons: [], score: {}, worlds }), 1000);
  writeProof(folder, 'a-second', JSON.stringify({ ...REPORT, passed: false }), 2000);
  writeProof(folder, 'half', '{"passed":', 3000);
  mkdirSync(join(folder, 'under-way'));
  const { proofs, problems } = (await (await fetch(`${shown}/proofs`)).json()) as {
    readonly proofs: readonly Readonly<Record<string, unknown>>[];
    readonly problems: readonly { readonly id: string; readonly message: string }[];
  };
  deepEqual(
    proofs.map(({ id, passed }) => [id, passed]),
    [
      ['a-second', false],
      ['b-first', true],
    ],
  );
  deepEqual(proofs[1]?.['worlds'], [{ kind: 'matrix', divisor: 60, requests: 10, phases: 2 }]);
  deepEqual(
    problems.map(({ id }) => id),
    ['half'],
  );
  match(problems[0]?.message ?? '', /half\/report\.json cannot be read: it is no JSON$/);
  deepEqual((await ask(`${shown}/proofs/half`)).code, 'PLIM_PROOF_UNREADABLE');
  match((await ask(`${shown}/proofs/under-way`)).message, /^that proof has no report\.json yet$/);
  deepEqual(await (await fetch(`${shown}/proofs/b-first`)).json(), {
    ...REPORT,
    reasons: [],
    score: {},
    worlds,
  });
});

test('at most fifty proofs are listed', async (t) => {
  const folder = proofsFolder(t);
  for (let index = 0; index < 60; index += 1)
    writeProof(folder, `p${index}`, JSON.stringify(REPORT), 1000 + index);
  const url = await serveOwn(t, { companions: { ...NO_COMPANIONS, proofs: folder } });
  const { proofs } = (await (await fetch(`${url}/proofs`)).json()) as { readonly proofs: { id: string }[] };
  deepEqual([proofs.length, proofs[0]?.id, proofs.at(-1)?.id], [50, 'p59', 'p10']);
});

test('the page of a proof may run nothing; no name leads out of the folder', async (t) => {
  const folder = proofsFolder(t);
  const proofs = join(folder, 'proofs');
  mkdirSync(proofs);
  writeProof(folder, 'outside', JSON.stringify(REPORT), 1000);
  writeFileSync(join(folder, 'outside', 'report.html'), 'secret');
  writeProof(proofs, 'one', JSON.stringify(REPORT), 1000);
  writeFileSync(join(proofs, 'one', 'report.html'), '<!doctype html><title>Proof</title>');
  symlinkSync(join(folder, 'outside'), join(proofs, 'link'));
  writeProof(proofs, 'inner', JSON.stringify(REPORT), 1000);
  symlinkSync(join(folder, 'outside', 'report.html'), join(proofs, 'inner', 'report.html'));
  const url = await serveOwn(t, { companions: { ...NO_COMPANIONS, proofs } });
  const page = await fetch(`${url}/proofs/one/report.html`);
  equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy') ?? '';
  match(policy, /^default-src 'none'; style-src 'unsafe-inline'; img-src data:;/);
  ok(!policy.includes('script-src') && !policy.includes('connect-src'), policy);
  match(await page.text(), /Proof/);
  for (const id of [
    '..%2Foutside',
    '..',
    '%2e%2e%2foutside',
    'link',
    'one%00',
    'none',
    '.',
    'one%2F..%2Fone',
  ])
    for (const file of ['', '/report.html']) {
      const answer = await fetch(`${url}/proofs/${id}${file}`);
      const text = await answer.text();
      // Some are no such path for the client itself already.
      ok(answer.status === 404 || text.startsWith('{"proofs"'), `${id}${file}: ${answer.status}`);
      ok(!text.includes('secret'), `${id}${file}`);
    }
  equal((await ask(`${url}/proofs/inner/report.html`)).code, 'PLIM_PROOF_UNREADABLE');
});
