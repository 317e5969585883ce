/** Our own API for SLOs, incidents and deliveries, over HTTP. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import express from 'express';
import { ROUTE_DEFAULT } from '#alerting/config.ts';
import type { AlertingApi, SloHistoryRange, SloStatus } from '#alerting/ports.ts';
import type { Problem } from '#base/problem.ts';
import { incidentRoutes } from '#server/plimsoll/incidents.ts';
import { sloRoutes } from '#server/plimsoll/slos.ts';
import { AlertingRig } from '#test/support/alerting-rig.ts';

const SLO: SloStatus = {
  id: 'orders/checkout',
  name: 'checkout',
  displayName: 'Checkout',
  service: 'orders',
  description: '',
  objective: 0.999,
  indicator: 'availability',
  thresholdMs: undefined,
  periodMs: 30 * 86_400_000,
  state: 'ok',
  stateSinceMs: 0,
  windows: [],
  budget: {
    good: 10,
    total: 10,
    allowedBad: 0.01,
    remainingRatio: undefined,
    exhaustedInMs: undefined,
    measuredRatio: 0.5,
  },
  definedAt: 'a.yaml:1',
};

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
type Ask = (path: string, body?: unknown) => Promise<Answer>;

async function serve(t: TestContext, api: AlertingApi): Promise<Ask> {
  const app = express();
  app.set('query parser', 'simple');
  app.use('/v1', sloRoutes(api), incidentRoutes(api));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return async (path, body) => {
    const init =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${origin}${path}`, init);
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
}

async function paged(t: TestContext): Promise<{ readonly rig: AlertingRig; readonly ask: Ask }> {
  const webhook = {
    url: 'http://hook/',
    sendResolved: true,
    alertsMax: 0,
    timeoutMs: 1000,
    authorization: undefined,
  };
  const rig = await AlertingRig.start({
    config: {
      route: { ...ROUTE_DEFAULT, receiver: 'oncall' },
      receivers: [{ name: 'oncall', webhooks: [webhook] }],
    },
  });
  t.after(() => rig[Symbol.asyncDispose]());
  rig.append({ sloId: 'orders/checkout', kind: 'page', on: true });
  await rig.advance(2000);
  return { rig, ask: await serve(t, rig.api) };
}

test('an incident is listed, shown, acknowledged and handed back', async (t) => {
  const { ask } = await paged(t);
  const { body } = await ask('/incidents?open=true');
  const [incident] = body['incidents'] as Record<string, unknown>[];
  assert.equal(incident?.['sloId'], 'orders/checkout');
  assert.equal(incident['endsAtMs'], null, 'what is not known is null, never left out');
  assert.deepEqual((await ask('/incidents?open=false')).body, { incidents: [] });
  const path = `/incidents/${String(incident['id'])}`;
  assert.deepEqual((await ask(path)).body, incident);
  const acknowledged = await ask(`${path}/acknowledge`, { by: ' ada ' });
  assert.deepEqual([acknowledged.status, acknowledged.body['acknowledgedBy']], [200, 'ada']);
  const back = await ask(`${path}/unacknowledge`, { by: 'ada' });
  assert.equal(back.body['acknowledgedBy'], null);
});

test('incidents are chosen by SLO and by service', async (t) => {
  const { rig, ask } = await paged(t);
  rig.append({ sloId: 'orders/quote', kind: 'ticket', on: true });
  rig.append({ sloId: 'tracking/lookup', kind: 'page', on: true });
  await rig.advance(2000);
  rig.append({ sloId: 'tracking/lookup', kind: 'page', on: false });
  await rig.advance(2000);
  const found = async (query: string): Promise<string[]> =>
    ((await ask(`/incidents${query}`)).body['incidents'] as { sloId: string }[]).map(({ sloId }) => sloId);
  assert.deepEqual(await found(''), ['tracking/lookup', 'orders/quote', 'orders/checkout']);
  assert.deepEqual(await found('?service=orders'), ['orders/quote', 'orders/checkout']);
  assert.deepEqual(await found('?slo=orders%2Fcheckout'), ['orders/checkout']);
  assert.deepEqual(await found('?slo=orders/checkout&service=tracking'), []);
  assert.deepEqual(await found('?service=tracking&open=true'), []);
  assert.deepEqual(await found('?service=tracking&open=false'), ['tracking/lookup']);
  assert.deepEqual(await found('?service=orders&limit=1'), ['orders/quote']);
});

test('a note stands in the timeline, also after the end', async (t) => {
  const { rig, ask } = await paged(t);
  const id = (await rig.api.incidents({ open: true, limit: 1 }))[0]?.id ?? '';
  const path = `/incidents/${id}/notes`;
  const longest = '\u0001'.repeat(3999) + '✓';
  assert.equal(
    (await ask(path, { by: 'ada', text: longest })).status,
    200,
    'escaped it is six times as long',
  );
  rig.append({ sloId: 'orders/checkout', kind: 'page', on: false });
  await rig.advance(2000);
  const answer = await ask(path, { by: ' bob ', text: ' Rolled back.\nAll is well. ' });
  const timeline = answer.body['timeline'] as { kind: string; text: string; by: string }[];
  const notes = timeline.filter(({ kind }) => kind === 'note').map(({ by, text }) => [by, text]);
  assert.deepEqual(notes, [
    ['ada', longest],
    ['bob', 'Rolled back.\nAll is well.'],
  ]);
  assert.deepEqual((await ask(`/incidents/${id}`)).body, answer.body);
});

test('an incident that is full of notes says so, and still tells how it went on', async (t) => {
  const { rig, ask } = await paged(t);
  const id = (await rig.api.incidents({ open: true, limit: 1 }))[0]?.id ?? '';
  for (let number = 1; number <= 100; number += 1)
    await rig.api.addNote(id, { by: 'ada', text: `note ${number}` });
  const refused = await ask(`/incidents/${id}/notes`, { by: 'ada', text: 'one more' });
  assert.deepEqual([refused.status, refused.body['code']], [409, 'PLIM_TIMELINE_FULL']);
  assert.match(String(refused.body['message']), /has 100 notes and takes no more/);
  assert.equal((await ask(`/incidents/${id}/acknowledge`, { by: 'ada' })).status, 200);
  const timeline = (await rig.api.incident(id))?.timeline ?? [];
  assert.equal(timeline.filter(({ kind }) => kind === 'note').length, 100);
  assert.equal(timeline.at(-1)?.kind, 'acknowledged');
});

test('deliveries show every attempt', async (t) => {
  const { ask } = await paged(t);
  const [delivery] = (await ask('/deliveries')).body['deliveries'] as Record<string, unknown>[];
  assert.equal(delivery?.['state'], 'delivered');
  assert.equal(delivery['nextAttemptAtMs'], null);
  assert.equal((delivery['attempts'] as { outcome: string }[])[0]?.outcome, '200');
});

test('what is wrong is named', async (t) => {
  const { ask } = await paged(t);
  const cases: readonly (readonly [path: string, body: unknown, status: number, pattern: RegExp])[] = [
    ['/incidents?open=maybe', undefined, 400, /expected true or false/],
    ['/incidents?limit=0', undefined, 400, /from 1 to 1000/],
    ['/deliveries?limit=x', undefined, 400, /from 1 to 1000/],
    ['/incidents/unknown', undefined, 404, /no incident unknown/],
    ['/incidents/unknown/acknowledge', { by: 'ada' }, 404, /no incident unknown/],
    ['/incidents/unknown/acknowledge', {}, 400, /by must say who/],
    ['/incidents/unknown/acknowledge', { by: 'x'.repeat(300) }, 400, /by must say who/],
    ['/incidents?slo=a&slo=b', undefined, 400, /slo must be given once/],
    ['/incidents/unknown/notes', { by: 'ada', text: 'x' }, 404, /no incident unknown/],
    ['/incidents/unknown/notes', { by: 'ada' }, 400, /text must be 1 to 4000 characters/],
    ['/incidents/unknown/notes', { by: 'ada', text: ' ' }, 400, /text must be 1 to 4000 characters/],
    ['/incidents/unknown/notes', { by: 'ada', text: 'x'.repeat(4001) }, 400, /text must be 1 to 4000/],
    ['/incidents/unknown/notes', { text: 'x' }, 400, /by must say who/],
    ['/slos/orders/unknown', undefined, 404, /no SLO orders\/unknown/],
  ];
  for (const [path, body, status, pattern] of cases) {
    const answer = await ask(path, body);
    assert.equal(answer.status, status, path);
    assert.match(String(answer.body['message']), pattern);
    assert.match(String(answer.body['code']), /^PLIM_/);
  }
});

/** Of the alerting thread only what the SLO routes ask. */
function sloApi(problems: readonly Problem[]): AlertingApi {
  const api: Partial<AlertingApi> = {
    slos: () => Promise.resolve([SLO]),
    reload: () => Promise.resolve(problems),
  };
  return api as AlertingApi;
}

test('an SLO is found by its id, with the slash as it is or escaped', async (t) => {
  const ask = await serve(t, sloApi([]));
  const plain = await ask('/slos/orders/checkout');
  assert.equal(plain.body['id'], 'orders/checkout');
  assert.equal(plain.body['thresholdMs'], null);
  assert.deepEqual((await ask('/slos/orders%2Fcheckout')).body, plain.body);
  const { budgets } = (await ask('/budgets')).body as { budgets: Record<string, unknown>[] };
  assert.deepEqual([budgets[0]?.['id'], budgets[0]?.['remainingRatio']], ['orders/checkout', null]);
});

test('the history of an SLO is asked for by its id, a range and a number of steps', async (t) => {
  const asked: SloHistoryRange[] = [];
  const steps = { startMs: 1000, stepMs: 1000, good: [1], total: [2], measured: [0.5] };
  const history = { ...SLO, id: 'orders/history' };
  const api: Partial<AlertingApi> = {
    slos: () => Promise.resolve([SLO, history]),
    sloHistory: (id, range) => {
      asked.push(range);
      return Promise.resolve(id === SLO.id || id === history.id ? { id, ...steps } : undefined);
    },
  };
  const ask = await serve(t, api as AlertingApi);
  assert.deepEqual((await ask('/slos/orders/checkout/history')).body, { id: 'orders/checkout', ...steps });
  assert.equal((await ask('/slos/orders%2Fcheckout/history?start=1000&end=2000&steps=7')).status, 200);
  assert.deepEqual(asked, [
    { startMs: undefined, endMs: undefined, stepsMax: 300 },
    { startMs: 1000, endMs: 2000, stepsMax: 7 },
  ]);
  // An SLO may be called history itself.
  assert.equal((await ask('/slos/orders/history')).body['displayName'], 'Checkout');
  assert.equal((await ask('/slos/orders/history/history')).body['stepMs'], 1000);
  for (const [path, status, pattern] of [
    ['/slos/orders/unknown/history', 404, /no SLO orders\/unknown$/],
    ['/slos/orders/checkout/history?steps=0', 400, /steps is "0"; expected a whole number from 1 to 1000/],
    ['/slos/orders/checkout/history?steps=1001', 400, /from 1 to 1000/],
    ['/slos/orders/checkout/history?start=now', 400, /start is "now"; expected milliseconds/],
    ['/slos/orders/checkout/history?end=9999999999999999', 400, /end is .*; expected milliseconds/],
    ['/slos/orders/checkout/history?start=1&start=2', 400, /expected milliseconds/],
    ['/slos/orders/checkout/history?start=2000&end=2000', 400, /start must be before end/],
  ] as const) {
    const answer = await ask(path);
    assert.equal(answer.status, status, path);
    assert.match(String(answer.body['message']), pattern);
  }
});

test('reload names what is broken and that nothing changed', async (t) => {
  const problem: Problem = { file: 'a', line: 1, column: 1, path: '', severity: 'error', message: 'x' };
  const broken = await (await serve(t, sloApi([problem])))('/reload', {});
  assert.deepEqual([broken.status, broken.body['reloaded']], [422, false]);
  const warned = await (await serve(t, sloApi([{ ...problem, severity: 'warning' }])))('/reload', {});
  assert.deepEqual([warned.status, warned.body['reloaded']], [200, true]);
});
