/** A browser's way to faults and pages: through the origin of a running Plimsoll, to a real fault daemon and page receiver. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { present } from '#base/invariant.ts';
import { startPager } from '#bin/demo/pager.ts';
import { OPENAPI } from '#server/plimsoll/openapi.ts';
import { ChaosWorld } from '#test/support/chaos.ts';
import { unlessLost } from '#test/support/lost-faults.ts';
import { asObject, misfits, type Json } from '#test/support/openapi.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const OWN = '/api/plimsoll/v1';
/** When an answer is waited for in vain; nothing promises it. */
const ANSWER_MS_MAX = 10_000;
/** As a browser sends them from a page of ours. */
const BROWSER = { 'user-agent': 'Mozilla/5.0', 'sec-fetch-site': 'same-origin' };

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** Asks as the console does, and holds the answer to its description. */
function asker(
  origin: string,
): (method: string, template: string, path: string, body?: Json) => Promise<Answer> {
  return async (method, template, path, body) => {
    const response = await fetch(`${origin}${OWN}${path}`, {
      method,
      headers: { ...BROWSER, origin, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = asObject(await response.json()) ?? {};
    const schema = schemaOf(template, method, response.status);
    deepEqual(misfits(OPENAPI, schema, answer), [], `${method} ${path}`);
    return { status: response.status, body: answer };
  };
}

function schemaOf(template: string, method: string, status: number): Json {
  const operation = asObject(asObject(asObject(OPENAPI['paths'])?.[template])?.[method.toLowerCase()]);
  const responses = asObject(operation?.['responses']);
  const described = asObject(responses?.[String(status)] ?? responses?.['default']);
  const schema = asObject(asObject(asObject(described?.['content'])?.['application/json'])?.['schema']);
  return present(schema, `${method} ${template} describes its answer with ${status}`);
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-companions-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('faults begin and end by themselves, pages are told, both asked of the origin alone', async (t) => {
  const folder = temporary(t);
  const pager = await startPager(join(folder, 'pages.ndjson'), () => {});
  t.after(() => pager[Symbol.asyncDispose]());
  const pagerUrl = `http://127.0.0.1:${pager.port}`;
  await using world = await ChaosWorld.start();
  await using program = await startPlimsoll({
    dataDirectory: join(folder, 'data'),
    configText: `server:\n  grafana_url: http://grafana.example/base/\n  companions:\n    chaos: ${world.control}/\n    pages: ${pagerUrl}\n    proofs: ${folder}\n`,
  });
  const ask = asker(program.origin);
  deepEqual((await ask('GET', '/companions', '/companions')).body, {
    chaos: true,
    pages: true,
    proofs: true,
    grafana: 'http://grafana.example/base',
  });

  const { body: catalogue } = await ask('GET', '/faults/catalogue', '/faults/catalogue');
  const kinds = catalogue['faults'] as readonly { readonly name: string }[];
  ok(kinds.some(({ name }) => name === 'http-error'));
  const wanted = { fault: 'http-error', target: 'quotes', parameters: { status: 503, share: 1 } };
  equal((await ask('POST', '/faults', '/faults', wanted)).status, 400);
  const answersWith = async (): Promise<number> => (await world.ask('/', ANSWER_MS_MAX)).status;
  await unlessLost(t, world, async () => {
    const begun = await ask('POST', '/faults', '/faults', { ...wanted, forMs: 60_000 });
    equal(begun.status, 201, JSON.stringify(begun.body));
    const id = String(begun.body['id']);
    equal(await answersWith(), 503);
    const second = await ask('POST', '/faults', '/faults', { ...wanted, forMs: 1000 });
    deepEqual([second.status, second.body['code']], [409, 'PLIM_FAULT_REFUSED']);
    equal((await ask('POST', '/faults/{id}/renew', `/faults/${id}/renew`)).status, 200);
    equal((await ask('DELETE', '/faults/{id}', `/faults/${id}`)).body['state'], 'over');
  });
  equal(await answersWith(), 200);

  equal((await ask('POST', '/faults', '/faults', { ...wanted, forMs: 300 })).status, 201);
  const lists = async (): Promise<Json> => (await ask('GET', '/faults', '/faults')).body;
  await until('it to end by itself', async () => (await lists())['active']?.toString() === '', {
    timeoutMs: ANSWER_MS_MAX,
  });
  equal(await answersWith(), 200);
  // A fault that is just being taken back may still be counted once.
  await until(
    'nothing to be left to stop',
    async () => (await ask('DELETE', '/faults', '/faults')).body['stopped'] === 0,
    { timeoutMs: ANSWER_MS_MAX },
  );
  const unknown = await ask('POST', '/faults/{id}/renew', '/faults/none/renew');
  deepEqual([unknown.status, unknown.body['code']], [404, 'PLIM_NOT_FOUND']);
  const strange = await ask('POST', '/faults', '/faults', { fault: 'cut', target: 'nobody', forMs: 1000 });
  ok(strange.status >= 400 && strange.status < 500, JSON.stringify(strange));

  deepEqual((await ask('GET', '/pages', '/pages')).body, { pages: [] });
  const alert = { status: 'firing', labels: { service: 'quotes' } };
  const payload = { version: '4', groupKey: 'g', status: 'firing', alerts: [alert] };
  const sentMs = Date.now();
  equal((await fetch(`${pagerUrl}/page`, { method: 'POST', body: JSON.stringify(payload) })).status, 200);
  const { pages } = (await ask('GET', '/pages', '/pages?limit=5')).body as {
    readonly pages: readonly Json[];
  };
  const [{ receivedMs, ...page } = {}] = pages;
  deepEqual(page, payload);
  ok(Number(receivedMs) >= sentMs && Number(receivedMs) <= Date.now(), String(receivedMs));

  await world.killDaemon();
  const away = await ask('GET', '/faults', '/faults');
  deepEqual([away.status, away.body['code']], [502, 'PLIM_COMPANION_UNREACHABLE']);
  match(String(away.body['message']), /^the fault daemon at http:\/\/127\.0\.0\.1:\d+ does not answer/);
});

test('pages are told as they came, newest first, also after a restart of the receiver', async (t) => {
  const folder = temporary(t);
  const file = join(folder, 'pages.ndjson');
  const send = async (port: number, number: number, headers: Readonly<Record<string, string>> = {}) => {
    const payload = { version: '4', groupKey: `g${number}`, status: 'firing', alerts: [], number };
    const url = `http://127.0.0.1:${port}/page`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(payload) })).status;
  };
  {
    await using pager = await startPager(file, () => {});
    for (let number = 0; number < 510; number += 1) equal(await send(pager.port, number), 200);
    equal(await send(pager.port, 0, { origin: 'http://evil.example' }), 403);
    equal((await fetch(`http://127.0.0.1:${pager.port}/other`)).status, 404);
  }
  await using pager = await startPager(file, () => {});
  equal(await send(pager.port, 510), 200);
  const numbers = async (query: string): Promise<readonly number[]> => {
    const response = await fetch(`http://127.0.0.1:${pager.port}/pages${query}`);
    const { pages } = (await response.json()) as { readonly pages: readonly { readonly number: number }[] };
    return pages.map(({ number }) => number);
  };
  deepEqual(await numbers('?limit=3'), [510, 509, 508]);
  const all = await numbers('');
  deepEqual([all.length, all.at(-1)], [500, 11]);
});
