/**
 * Rules and alerts of Prometheus' API over HTTP: routes, parameters, the way from
 * an alert to its answer. What a rule looks like: `server/prometheus/rules.test.ts`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import express from 'express';
import { rulesRoutes } from '#server/prometheus/rules-routes.ts';
import { AlertingRig } from '#test/support/alerting-rig.ts';

let origin = '';
let rig: AlertingRig;
const app = express();
app.set('query parser', 'simple');
const server = createServer(app);

before(async () => {
  rig = await AlertingRig.start();
  app.use('/api/v1', rulesRoutes(rig.api, rig.clock));
  app.use((_request, response) => void response.status(404).json({ next: 'router' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rig[Symbol.asyncDispose]();
});

async function ask(
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${origin}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('before anything happens no alert is there; the scripted engine knows no rule', async () => {
  assert.deepEqual((await ask('/alerts')).body, { status: 'success', data: { alerts: [] } });
  for (const query of ['', '?type=alert', '?type=record&exclude_alerts=true', '?match[]=%7Ba="b"%7D']) {
    assert.deepEqual((await ask(`/rules${query}`)).body, { status: 'success', data: { groups: [] } });
  }
});

test('an alert that fires has the fields Prometheus gives it, and a silence changes nothing', async () => {
  rig.append({ sloId: 'orders/checkout', kind: 'page', on: true });
  await rig.advance(2000);
  await rig.api.putSilence({
    id: undefined,
    matchers: [{ name: 'service', value: 'orders', isRegex: false, isEqual: true }],
    startsAtMs: rig.clock.wallMs(),
    endsAtMs: rig.clock.wallMs() + 60_000,
    createdBy: 'ann',
    comment: 'known',
    annotations: {},
  });
  const { body } = await ask('/alerts');
  const { alerts } = body['data'] as { readonly alerts: readonly Record<string, unknown>[] };
  assert.equal(alerts.length, 1);
  assert.deepEqual(Object.keys(alerts[0] ?? {}), ['labels', 'annotations', 'state', 'activeAt', 'value']);
  assert.equal(alerts[0]?.['state'], 'firing');
  assert.match(String(alerts[0]['value']), /^\d(?:\.\d+)?e[+-]\d\d+$/);
  assert.equal(Date.parse(String(alerts[0]['activeAt'])) <= rig.clock.wallMs(), true);
});

for (const [path, message] of [
  ['/rules?type=both', /not supported value "both"/],
  ['/rules?exclude_alerts=perhaps', /exclude_alerts/],
  ['/rules?match[]=%7B', /match\[\]/],
] as const) {
  test(`${path} is bad data`, async () => {
    const { status, body } = await ask(path);
    assert.deepEqual([status, body['status'], body['errorType']], [400, 'error', 'bad_data']);
    assert.match(String(body['error']), message);
  });
}

test('other paths go on', async () => {
  assert.deepEqual((await ask('/query')).body, { next: 'router' });
});
