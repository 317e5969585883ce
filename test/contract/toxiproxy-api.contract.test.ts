/** The HTTP API of Toxiproxy 2.12, line by line. `PLIMSOLL_TOXIPROXY=URL` runs it against another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, OTHER_TOXIPROXY, Toxiproxy, type ApiAnswer } from '#test/support/toxiproxy.ts';

const JSON_TYPE = 'application/json';
const ERROR_TYPE = 'text/plain; charset=utf-8';
const OURS_ONLY =
  OTHER_TOXIPROXY === undefined ? {} : { skip: 'an extension, which the other Toxiproxy does not have' };

function assertError(answer: ApiAnswer, status: number, error: string | RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.type, ERROR_TYPE);
  const body = bodyOf(answer) as { error: string; status: number };
  assert.equal(body.status, status);
  if (typeof error === 'string') assert.equal(body.error, error);
  else assert.match(body.error, error);
}

const PROXY = { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' };

test('a proxy is made, shown, listed and deleted', async () => {
  await using api = await Toxiproxy.start();
  assert.deepEqual(bodyOf(await api.call('GET', '/proxies')), {});
  const made = await api.call('POST', '/proxies', PROXY);
  assert.equal(made.status, 201);
  assert.equal(made.type, JSON_TYPE);
  const proxy = bodyOf(made) as { listen: string };
  assert.deepEqual(proxy, { ...PROXY, listen: proxy.listen, enabled: true, toxics: [] });
  assert.match(proxy.listen, /^127\.0\.0\.1:[1-9]\d+$/, 'the port that was really taken');
  const shown = await api.call('GET', '/proxies/p');
  assert.equal(shown.status, 200);
  assert.deepEqual(bodyOf(shown), proxy);
  assert.deepEqual(bodyOf(await api.call('GET', '/proxies')), { p: proxy });
  const deleted = await api.call('DELETE', '/proxies/p');
  assert.deepEqual([deleted.status, deleted.text], [204, '']);
  assertError(await api.call('GET', '/proxies/p'), 404, 'proxy not found');
});

test('what is wrong with a new proxy is said as upstream says it', async () => {
  await using api = await Toxiproxy.start();
  const taken = (await api.json('POST', '/proxies', PROXY))['listen'];
  const cases: readonly [unknown, number, string | RegExp][] = [
    [{ upstream: 'x:1' }, 400, 'missing required field: name'],
    [{ name: 'x' }, 400, 'missing required field: upstream'],
    [PROXY, 409, 'proxy already exists'],
    [{ ...PROXY, name: 'q', listen: taken }, 500, /^listen tcp .*: bind: address already in use$/],
    [{ ...PROXY, name: 'q', listen: 'bad' }, 500, 'listen tcp: address bad: missing port in address'],
    [{ ...PROXY, name: 'q', listen: '127.0.0.1:99999' }, 500, 'listen tcp: address 99999: invalid port'],
    ['', 400, 'bad request body: EOF'],
    ['{', 400, /^bad request body: /],
    ['[]', 400, /^bad request body: json: /],
    [{ name: 5, upstream: 'x' }, 400, /^bad request body: json: /],
  ];
  for (const [body, status, error] of cases) {
    assertError(await api.call('POST', '/proxies', body), status, error);
  }
  assert.deepEqual(Object.keys(await api.json('GET', '/proxies')), ['p']);
});

test('keys are read in any case, unknown ones passed over, enabled can be false from the start', async () => {
  await using api = await Toxiproxy.start();
  const body = { NAME: 'c', Upstream: '127.0.0.1:9', enabled: false, colour: 'red' };
  const made = await api.json('POST', '/proxies', body);
  assert.deepEqual([made['name'], made['listen'], made['enabled']], ['c', '', false]);
});

test('a change keeps what it does not name', async () => {
  await using api = await Toxiproxy.start();
  const before = await api.json('POST', '/proxies', PROXY);
  for (const method of ['POST', 'PATCH']) {
    const off = await api.call(method, '/proxies/p', { enabled: false, name: 'other' });
    assert.equal(off.status, 200);
    assert.deepEqual(bodyOf(off), { ...before, enabled: false });
    const on = await api.json(method, '/proxies/p', { enabled: true });
    assert.equal(on['listen'], before['listen'], 'the same port again');
  }
  const moved = await api.json('PATCH', '/proxies/p', { upstream: '127.0.0.1:10' });
  assert.deepEqual([moved['upstream'], moved['enabled']], ['127.0.0.1:10', true]);
  assertError(await api.call('PATCH', '/proxies/p', ''), 400, 'bad request body: EOF');
  assertError(await api.call('PATCH', '/proxies/p', { listen: 'bad' }), 500, /missing port in address$/);
  assertError(await api.call('PATCH', '/proxies/none', ''), 404, 'proxy not found');
  assertError(await api.call('DELETE', '/proxies/none'), 404, 'proxy not found');
});

test('a disabled proxy keeps its toxics; reset enables all and removes them', async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  await api.addToxic('latency', { latency: 5 });
  await api.json('PATCH', '/proxies/p', { enabled: false });
  const off = bodyOf(await api.call('GET', '/proxies/p')) as { toxics: unknown[] };
  assert.equal(off.toxics.length, 1);
  const reset = await api.call('POST', '/reset');
  assert.deepEqual([reset.status, reset.text], [204, '']);
  const on = bodyOf(await api.call('GET', '/proxies/p')) as { enabled: boolean; toxics: unknown[] };
  assert.deepEqual([on.enabled, on.toxics], [true, []]);
});

test('populate leaves alone what is the same, replaces what is not, and keeps the rest', async () => {
  await using api = await Toxiproxy.start();
  const a = await api.json('POST', '/proxies', { ...PROXY, name: 'a' });
  await api.json('POST', '/proxies', { ...PROXY, name: 'b' });
  await api.json('POST', '/proxies', { ...PROXY, name: 'rest' });
  await api.json('POST', '/proxies/a/toxics', { type: 'noop' });
  await api.json('POST', '/proxies/b/toxics', { type: 'noop' });
  const answer = await api.call('POST', '/populate', [
    { name: 'a', listen: a['listen'], upstream: PROXY.upstream, enabled: false },
    { ...PROXY, name: 'b', upstream: '127.0.0.1:10' },
    { ...PROXY, name: 'new', enabled: false },
  ]);
  assert.equal(answer.status, 201);
  assert.equal(answer.type, JSON_TYPE);
  const { proxies } = bodyOf(answer) as { proxies: { name: string; enabled: boolean; toxics: unknown[] }[] };
  assert.deepEqual(
    proxies.map(({ name, enabled, toxics }) => [name, enabled, toxics.length]),
    [
      ['a', true, 1],
      ['b', true, 0],
      ['new', false, 0],
    ],
  );
  assert.deepEqual(Object.keys(await api.json('GET', '/proxies')), ['a', 'b', 'new', 'rest']);
});

test('populate checks names before it begins, and says how far it came', async () => {
  await using api = await Toxiproxy.start();
  const taken = (await api.json('POST', '/proxies', { ...PROXY, name: 'taken' }))['listen'];
  const cases: readonly [unknown, number, string | RegExp, readonly string[] | null][] = [
    [[PROXY, { name: 'x' }], 400, 'missing required field: upstream at proxy 2', null],
    [[{ upstream: 'x' }], 400, 'missing required field: name at proxy 1', null],
    ['', 400, 'bad request body: EOF', null],
    [{}, 400, /^bad request body: json: /, null],
    [[PROXY, { ...PROXY, name: 'q', listen: taken }], 500, /address already in use$/, ['p']],
  ];
  for (const [body, status, error, names] of cases) {
    const answer = await api.call('POST', '/populate', body);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.type, JSON_TYPE);
    const said = bodyOf(answer) as { error: string; status: number; proxies: { name: string }[] | null };
    assert.match(said.error, typeof error === 'string' ? new RegExp(`^${error}$`) : error);
    assert.equal(said.status, status);
    assert.deepEqual(said.proxies?.map(({ name }) => name) ?? null, names);
  }
  assert.deepEqual(Object.keys(await api.json('GET', '/proxies')), ['p', 'taken']);
  assert.deepEqual(bodyOf(await api.call('POST', '/populate', [])), { proxies: null });
});

test('a toxic is made with its defaults, shown, changed and deleted', async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  const made = await api.call('POST', '/proxies/p/toxics', { type: 'latency', attributes: { latency: 100 } });
  assert.equal(made.status, 200);
  const toxic = {
    attributes: { latency: 100, jitter: 0 },
    name: 'latency_downstream',
    type: 'latency',
    stream: 'downstream',
    toxicity: 1,
  };
  assert.equal(made.text, JSON.stringify(toxic), 'to the letter, order of keys and all');
  assert.deepEqual(bodyOf(await api.call('GET', '/proxies/p/toxics')), [toxic]);
  assert.deepEqual(bodyOf(await api.call('GET', '/proxies/p/toxics/latency_downstream')), toxic);
  for (const method of ['POST', 'PATCH']) {
    const change = { toxicity: 0.3, name: 'z', type: 'noop', stream: 'upstream', attributes: { jitter: 3 } };
    const changed = await api.call(method, '/proxies/p/toxics/latency_downstream', change);
    assert.equal(changed.status, 200);
    assert.deepEqual(bodyOf(changed), { ...toxic, toxicity: 0.3, attributes: { latency: 100, jitter: 3 } });
  }
  const deleted = await api.call('DELETE', '/proxies/p/toxics/latency_downstream');
  assert.deepEqual([deleted.status, deleted.text], [204, '']);
  assertError(await api.call('DELETE', '/proxies/p/toxics/latency_downstream'), 404, 'toxic not found');
});

test('every toxic of upstream has its attributes', async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  const attributes = {
    latency: { latency: 0, jitter: 0 },
    bandwidth: { rate: 0 },
    slow_close: { delay: 0 },
    timeout: { timeout: 0 },
    reset_peer: { timeout: 0 },
    slicer: { average_size: 0, size_variation: 0, delay: 0 },
    limit_data: { bytes: 0 },
    noop: {},
  };
  for (const [type, defaults] of Object.entries(attributes)) {
    const made = await api.json('POST', '/proxies/p/toxics', { type, stream: 'upstream' });
    assert.deepEqual(made['attributes'], defaults, type);
    assert.equal(made['name'], `${type}_upstream`);
  }
});

test('what is wrong with a toxic is said as upstream says it', async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  await api.json('POST', '/proxies/p/toxics', { type: 'noop', name: 'taken', stream: 'upstream' });
  const cases: readonly [unknown, number, string | RegExp][] = [
    [{ type: 'nope' }, 400, 'invalid toxic type'],
    [{}, 400, 'invalid toxic type'],
    [{ type: 'noop', stream: 'x' }, 400, 'stream was invalid, can be either upstream or downstream'],
    [{ type: 'noop', name: 'taken', stream: 'downstream' }, 409, 'toxic already exists'],
    [{ type: 'latency', attributes: { latency: 1.5 } }, 400, /^bad request body: json: .*1\.5/],
    [{ type: 'latency', attributes: { latency: 'x' } }, 400, /^bad request body: json: /],
    [{ type: 'latency', attributes: 5 }, 400, /^bad request body: json: /],
    ['', 400, 'bad request body: EOF'],
  ];
  for (const [body, status, error] of cases) {
    assertError(await api.call('POST', '/proxies/p/toxics', body), status, error);
  }
  assertError(await api.call('POST', '/proxies/none/toxics', ''), 404, 'proxy not found');
  assertError(await api.call('GET', '/proxies/none/toxics'), 404, 'proxy not found');
  assertError(await api.call('GET', '/proxies/p/toxics/none'), 404, 'toxic not found');
  assertError(await api.call('PATCH', '/proxies/p/toxics/none', '{}'), 404, 'toxic not found');
  assertError(
    await api.call('PATCH', '/proxies/p/toxics/taken', { toxicity: 'x' }),
    400,
    /^bad request body/,
  );
});

test('odd spellings: stream in any case, toxicity as a 32-bit float, upstream ones listed first', async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  await api.json('POST', '/proxies/p/toxics', { type: 'noop', name: 'down', toxicity: 0.123456789 });
  await api.json('POST', '/proxies/p/toxics', {
    type: 'latency',
    name: 'up',
    stream: 'UPstream',
    toxicity: 2,
  });
  const listed = bodyOf(await api.call('GET', '/proxies/p/toxics')) as Record<string, unknown>[];
  assert.deepEqual(
    listed.map(({ name, stream, toxicity }) => [name, stream, toxicity]),
    [
      ['up', 'UPstream', 2],
      ['down', 'downstream', 0.12345679],
    ],
  );
});

test('browsers are turned away; unknown paths and methods are answered as upstream does', async () => {
  await using api = await Toxiproxy.start();
  const browser = await api.call('GET', '/proxies', undefined, 'Mozilla/5.0 (X11)');
  assert.deepEqual(
    [browser.status, browser.type, browser.text],
    [403, ERROR_TYPE, 'User agent not allowed\n'],
  );
  const writing = await api.call('POST', '/proxies', PROXY, 'Mozilla/5.0');
  assert.equal(writing.status, 403);
  assert.deepEqual(await api.json('GET', '/proxies'), {});
  for (const path of ['/', '/nope', '/proxies/', '/proxies/p/toxics/t/x']) {
    const answer = await api.call('GET', path);
    assert.deepEqual([answer.status, answer.type], [404, ERROR_TYPE], path);
    assert.equal(answer.text, '404 page not found\n');
  }
  for (const [method, path] of [
    ['PUT', '/proxies'],
    ['GET', '/reset'],
    ['GET', '/populate'],
    ['PUT', '/proxies/p'],
    ['DELETE', '/proxies/p/toxics'],
    ['POST', '/version'],
  ] as const) {
    const answer = await api.call(method, path);
    assert.deepEqual([answer.status, answer.text], [405, ''], `${method} ${path}`);
  }
});

test('version', async () => {
  await using api = await Toxiproxy.start();
  const answer = await api.call('GET', '/version');
  assert.equal(answer.status, 200);
  assert.equal(answer.type, 'application/json;charset=utf-8');
  assert.match(
    answer.text,
    OTHER_TOXIPROXY === undefined ? /^\{"version": "2\.12\.0"\}\n$/ : /^\{"version": "/,
  );
});

test('metrics name bytes by direction, listener, proxy and upstream', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  const { listen } = await api.json('POST', '/proxies', PROXY);
  const { status, type, text } = await api.call('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const labels = `direction="upstream",listener="${String(listen)}",proxy="p",upstream="127.0.0.1:9"`;
  assert.ok(text.includes(`\ntoxiproxy_proxy_received_bytes_total{${labels}} 0\n`), text);
  assert.ok(text.includes(`\ntoxiproxy_proxy_sent_bytes_total{${labels}} 0\n`), text);
});

test('extension toxics are checked', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  await api.json('POST', '/proxies', PROXY);
  const cases: readonly [string, object, RegExp][] = [
    ['byte_flip', { probability: 2 }, /probability must be between 0 and 1/],
    ['http_fault', {}, /one of attributes\.status, attributes\.abort and attributes\.delay_ms is required/],
    ['http_fault', { status: 99 }, /status must be 200 … 599/],
    ['http_fault', { status: 503, abort: true }, /exclude each other/],
    ['http_fault', { status: 503, share: 1.1 }, /share must be 0 … 1/],
    ['http_fault', { delay_ms: 10, delay_jitter_ms: 11 }, /delay_jitter_ms must be 0 … delay_ms/],
    ['http_fault', { status: 503, path: 'quotes' }, /path must begin with/],
    ['http_fault', { status: 503, method: 'PO ST' }, /method must be a method/],
    ['http_fault', { abort: 'yes' }, /abort must be of kind flag/],
  ];
  for (const [type, attributes, error] of cases) {
    assertError(await api.call('POST', '/proxies/p/toxics', { type, attributes }), 400, error);
  }
  await api.json('POST', '/proxies/p/toxics', { type: 'http_fault', attributes: { status: 503 } });
  const change = { attributes: { abort: true } };
  assertError(await api.call('PATCH', '/proxies/p/toxics/http_fault_downstream', change), 400, /exclude/);
});

test('only this machine is listened on and led to', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  for (const change of [{ listen: '0.0.0.0:0' }, { listen: ':0' }, { upstream: '192.0.2.1:80' }]) {
    assertError(await api.call('POST', '/proxies', { ...PROXY, ...change }), 403, /not on this machine/);
  }
  await api.json('POST', '/proxies', PROXY);
  assertError(
    await api.call('PATCH', '/proxies/p', { upstream: 'example.org:80' }),
    403,
    /not on this machine/,
  );
  const named = await api.json('POST', '/proxies', { ...PROXY, name: 'n', listen: 'localhost:0' });
  assert.match(String(named['listen']), /^(?:127\.0\.0\.1|\[::1\]):\d+$/);
});

test('bodies over the limit are refused', OURS_ONLY, async () => {
  await using api = await Toxiproxy.start();
  const answer = await api.call('POST', '/proxies', `"${'x'.repeat(1024 * 1024)}"`);
  assert.equal(answer.status, 413);
});
