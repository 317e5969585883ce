/** Our own API for SLOs, incidents and deliveries, over HTTP. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import express from 'express';
import { ROUTE_DEFAULT } from '#alerting/config.ts';
import type { AlertingApi, SloStatus } from '#alerting/ports.ts';
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

test('reload names what is broken and that nothing changed', async (t) => {
  const problem: Problem = { file: 'a', line: 1, column: 1, path: '', severity: 'error', message: 'x' };
  const broken = await (await serve(t, sloApi([problem])))('/reload', {});
  assert.deepEqual([broken.status, broken.body['reloaded']], [422, false]);
  const warned = await (await serve(t, sloApi([{ ...problem, severity: 'warning' }])))('/reload', {});
  assert.deepEqual([warned.status, warned.body['reloaded']], [200, true]);
});
