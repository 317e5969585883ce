/** Alerting from the journal to the webhook, as it is started for real, on a simulated clock. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROUTE_DEFAULT, type AlertingConfig } from '#alerting/config.ts';
import type { WebhookConfig } from '#alerting/receivers-config.ts';
import type { TimelineEntry } from '#alerting/ports.ts';
import type { Problem } from '#base/problem.ts';
import { createMeter, type CollectingMeter } from '#base/real/metrics.ts';
import { AlertingRig, RIG_SLOS, type RigOptions } from '#test/support/alerting-rig.ts';
import { scriptedDocument } from '#test/support/scripted-engine.ts';

function webhook(url: string, changes: Partial<WebhookConfig> = {}): WebhookConfig {
  return { url, sendResolved: true, alertsMax: 0, timeoutMs: 1000, authorization: undefined, ...changes };
}

function configWith(...webhooks: readonly WebhookConfig[]): Partial<AlertingConfig> {
  return { route: { ...ROUTE_DEFAULT, receiver: 'oncall' }, receivers: [{ name: 'oncall', webhooks }] };
}

async function rigOf(t: TestContext, options: RigOptions = {}): Promise<AlertingRig> {
  const rig = await AlertingRig.start({ config: configWith(webhook('http://hook/')), ...options });
  t.after(() => rig[Symbol.asyncDispose]());
  return rig;
}

interface Sent {
  readonly status: string;
  readonly notification_reason: string;
  readonly alerts: readonly Record<string, unknown>[];
}
const sent = (rig: AlertingRig): readonly Sent[] => rig.bodies() as Sent[];
const reasons = (rig: AlertingRig): readonly string[] => sent(rig).map((body) => body.notification_reason);
const page = (on: boolean, sloId = 'orders/checkout') => ({ sloId, kind: 'page', on }) as const;

test('a page carries the Alertmanager payload and the evidence, half a second after the tick', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(1499);
  assert.equal(rig.requests.length, 0);
  await rig.advance(1);
  const [incident] = await rig.api.incidents({ open: true, limit: 10 });
  assert.ok(incident !== undefined);
  const annotations = {
    incident_url: `http://plimsoll.test/ui/incidents/${incident.id}`,
    summary: 'orders/checkout burns',
  };
  assert.deepEqual(rig.bodies(), [
    {
      version: '4',
      groupKey: '{}:{service="orders", slo_id="orders/checkout"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'oncall',
      groupLabels: { service: 'orders', slo_id: 'orders/checkout' },
      commonLabels: { alertname: 'Slo-page', service: 'orders', severity: 'page', slo_id: 'orders/checkout' },
      commonAnnotations: annotations,
      routeLabels: {},
      externalURL: 'http://plimsoll.test',
      notification_reason: 'first notification',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Slo-page', severity: 'page', slo_id: 'orders/checkout', service: 'orders' },
          annotations,
          startsAt: new Date(incident.startsAtMs).toISOString(),
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://plimsoll.test/ui/slos/orders/checkout',
          fingerprint: incident.fingerprint,
          plimsoll: {
            slo_id: 'orders/checkout',
            service: 'orders',
            since: new Date(incident.startsAtMs).toISOString(),
            incident_id: incident.id,
            incident_url: `http://plimsoll.test/ui/incidents/${incident.id}`,
            acknowledged_by: null,
            objective: 0.999,
            first_bad_event_at: null,
            burn_rates: [],
            budget_remaining_ratio: 0.5,
            exhausted_in: '1h',
            failing_trace_ids: ['0af7651916cd43dd8448eb211c80319c'],
            suspects: [{ service: 'quotes', score: 1, reason: 'quotes: 40 % of its requests failed' }],
            callers: [{ service: 'gateway', calls: 20, failed: 8 }],
            trace_url: 'http://plimsoll.test/ui/traces/0af7651916cd43dd8448eb211c80319c',
          },
        },
      ],
    },
  ]);
  assert.match(rig.requests[0]?.headers['idempotency-key'] ?? '', /^[0-9a-f]{32}$/);
});

test('firing, resolved, and the books of both', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(2000);
  rig.append(page(false));
  await rig.advance(60_000);
  assert.deepEqual(reasons(rig), ['first notification', 'all alerts resolved']);
  const [incident] = await rig.api.incidents({ open: undefined, limit: 10 });
  assert.equal(incident?.state, 'resolved');
  assert.deepEqual(
    incident.timeline.map(({ kind }) => kind),
    ['fired', 'notified', 'resolved', 'notified'],
  );
  const deliveries = await rig.api.deliveries(10);
  assert.deepEqual(
    deliveries.map(({ state, attempts }) => [state, attempts.map(({ outcome }) => outcome)]),
    [
      ['delivered', ['200']],
      ['delivered', ['200']],
    ],
  );
  assert.deepEqual(
    await rig.api.alerts({ active: true, silenced: true, matchers: [], receiver: undefined }),
    [],
  );
});

test('a resolution waits behind a firing that was tried and not accepted yet', async (t) => {
  const rig = await rigOf(t);
  rig.answers.push(
    ...Array.from({ length: 50 }, () => ({ status: 503, headers: { 'retry-after': '3600' } })),
  );
  rig.append(page(true));
  rig.append({ ...page(true), kind: 'ticket' });
  await rig.advance(1000);
  rig.append(page(false));
  rig.append({ ...page(false), kind: 'ticket' });
  await rig.advance(60_000);
  assert.equal(new Set(rig.requests.map(({ headers }) => headers['idempotency-key'])).size, 1);
  assert.deepEqual(
    (await rig.api.deliveries(10)).map(({ state, reason }) => [state, reason]),
    [
      ['waiting', 'all alerts resolved'],
      ['waiting', 'first notification'],
    ],
  );
});

test('a refused notification is given up, shown, and made anew at the next flush', async (t) => {
  const rig = await rigOf(t);
  rig.answers.push({ status: 401, headers: {} });
  rig.append(page(true));
  await rig.advance(2000);
  const [failed] = await rig.api.deliveries(10);
  assert.equal(failed?.state, 'failed');
  const [incident] = await rig.api.incidents({ open: true, limit: 1 });
  assert.match(incident?.timeline.at(-1)?.text ?? '', /oncall was not told: it answered 401/);
  await rig.advance(30_000);
  assert.deepEqual(reasons(rig), ['first notification', 'first notification']);
  const keys = rig.requests.map(({ headers }) => headers['idempotency-key']);
  assert.notEqual(keys[0], keys[1]);
});

test('an acknowledged incident is not repeated, one that is not is', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  rig.append(page(true, 'tracking/lookup'));
  await rig.advance(2000);
  const [incident] = (await rig.api.incidents({ open: true, limit: 10 })).filter(
    ({ sloId }) => sloId === 'orders/checkout',
  );
  assert.equal((await rig.api.acknowledge(incident?.id ?? '', 'ada'))?.acknowledgedBy, 'ada');
  assert.equal(await rig.api.acknowledge('unknown', 'ada'), undefined);
  await rig.advance(4 * 3_600_000 + 60_000);
  const repeated = sent(rig).filter((body) => body.notification_reason === 'repeat interval elapsed');
  assert.deepEqual(
    repeated.map(
      ({ alerts }) => (alerts[0] as { labels: Record<string, string> } | undefined)?.labels['slo_id'],
    ),
    ['tracking/lookup'],
  );
  const after = await rig.api.unacknowledge(incident?.id ?? '', 'ada');
  assert.equal(after?.acknowledgedBy, undefined);
  assert.deepEqual(
    after?.timeline.map(({ kind, by }) => [kind, by]),
    [
      ['fired', 'plimsoll'],
      ['notified', 'plimsoll'],
      ['acknowledged', 'ada'],
      ['unacknowledged', 'ada'],
    ],
  );
});

test('a silence holds back what begins under it, until it ends', async (t) => {
  const rig = await rigOf(t);
  const nowMs = rig.clock.wallMs();
  await rig.api.putSilence({
    id: undefined,
    matchers: [{ name: 'service', value: 'orders', isRegex: false, isEqual: true }],
    startsAtMs: nowMs,
    endsAtMs: nowMs + 60_000,
    createdBy: 'ada',
    comment: '',
    annotations: {},
  });
  rig.append(page(true));
  await rig.advance(59_000);
  assert.equal(rig.requests.length, 0);
  await rig.advance(31_000);
  assert.deepEqual(reasons(rig), ['first notification']);
  assert.deepEqual(
    (await timeline(rig)).map(({ kind, by }) => [kind, by]),
    [
      ['fired', 'plimsoll'],
      ['silenced', 'ada'],
      ['unsilenced', 'plimsoll'],
      ['notified', 'plimsoll'],
    ],
  );
});

test('a silence that runs out while nobody is there is told once, and only to whom it silenced', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'plimsoll-alerting-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const options = {
    config: configWith(webhook('http://hook/')),
    databasePath: path.join(directory, 'a.sqlite'),
  };
  const rig = await rigOf(t, options);
  rig.append(page(true));
  rig.append({ sloId: 'tracking/lookup', kind: 'page', on: true });
  await rig.advance(2000);
  const nowMs = rig.clock.wallMs();
  const id = await rig.api.putSilence({
    id: undefined,
    matchers: [{ name: 'service', value: 'orders', isRegex: false, isEqual: true }],
    startsAtMs: nowMs,
    endsAtMs: nowMs + 60_000,
    createdBy: 'ada',
    comment: '',
    annotations: {},
  });
  const ends = async (sloId: string): Promise<readonly TimelineEntry[]> => {
    const [incident] = await rig.api.incidents({ open: true, sloId, limit: 1 });
    return incident?.timeline.filter(({ kind }) => kind === 'unsilenced') ?? [];
  };
  await rig.advance(59_000);
  assert.deepEqual(await ends('orders/checkout'), []);
  await rig.api[Symbol.asyncDispose]();
  await rig.advance(600_000);
  for (let start = 0; start < 2; start += 1) {
    await rig.restart(options);
    rig.append({ sloId: 'orders/quote', kind: 'page', on: true });
    await rig.advance(3000);
    assert.deepEqual(await ends('orders/checkout'), [
      { atMs: nowMs + 60_000, kind: 'unsilenced', text: `silence ${id} ran out`, by: 'plimsoll' },
    ]);
    assert.deepEqual(await ends('tracking/lookup'), [], 'it was about another service');
    assert.deepEqual(await ends('orders/quote'), [], 'it began after the end');
  }
});

async function timeline(rig: AlertingRig): Promise<readonly TimelineEntry[]> {
  return (await rig.api.incidents({ open: undefined, limit: 1 }))[0]?.timeline ?? [];
}

test('an incident tells of silences that are laid on it, changed and ended', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(2000);
  const nowMs = rig.clock.wallMs();
  const draft = {
    id: undefined,
    matchers: [{ name: 'slo_id', value: 'orders/.*', isRegex: true, isEqual: true }],
    startsAtMs: nowMs,
    endsAtMs: nowMs + 60_000,
    createdBy: 'ada',
    comment: 'rolling back',
    annotations: {},
  };
  const id = await rig.api.putSilence(draft);
  assert.equal(await rig.api.putSilence({ ...draft, id, endsAtMs: nowMs + 90_000 }), id);
  const other = { ...draft, matchers: [{ ...draft.matchers[0], name: 'service', value: 'tracking' }] };
  const elsewhere = await rig.api.putSilence(other as typeof draft);
  await rig.api.expireSilence(id);
  await rig.api.expireSilence(id);
  await rig.api.expireSilence(elsewhere);
  const until = (atMs: number): string => new Date(atMs).toISOString();
  assert.deepEqual(
    (await timeline(rig)).slice(2).map(({ kind, by, text }) => [kind, by, text]),
    [
      ['silenced', 'ada', `silence ${id} until ${until(nowMs + 60_000)}: rolling back`],
      ['silenced', 'ada', `silence ${id} until ${until(nowMs + 90_000)}: rolling back`],
      ['unsilenced', 'plimsoll', `silence ${id} was ended`],
    ],
  );
});

test('a dead receiver delays no other', async (t) => {
  const rig = await rigOf(t, { config: configWith(webhook('http://dead/'), webhook('http://alive/')) });
  rig.answers.push({ status: 500, headers: {} });
  rig.append(page(true));
  await rig.advance(1500);
  assert.deepEqual(
    rig.requests.map(({ url }) => url),
    ['http://dead/', 'http://alive/'],
  );
  await rig.advance(1000);
  assert.deepEqual(
    rig.requests.map(({ url }) => url),
    ['http://dead/', 'http://alive/', 'http://dead/'],
    'tried again within a second',
  );
  assert.equal(rig.requests[0]?.headers['idempotency-key'], rig.requests[2]?.headers['idempotency-key']);
});

test('what fired fires on after a restart, and nothing is told twice', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'plimsoll-alerting-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const databasePath = path.join(directory, 'state.sqlite');
  const rig = await rigOf(t, { databasePath });
  rig.append(page(true));
  await rig.advance(3000);
  const id = (await rig.api.incidents({ open: true, limit: 1 }))[0]?.id ?? '';
  await rig.api.addNote(id, { by: 'ada', text: 'on it' });
  await rig.restart({ config: configWith(webhook('http://hook/')), databasePath });
  await rig.advance(120_000);
  assert.deepEqual(reasons(rig), ['first notification']);
  assert.equal((await rig.api.incidents({ open: true, limit: 10 })).length, 1);
  assert.equal((await rig.api.incident(id))?.timeline.at(-1)?.text, 'on it');
  rig.append(page(false));
  await rig.advance(40_000);
  assert.deepEqual(reasons(rig), ['first notification', 'all alerts resolved']);
  assert.deepEqual(rig.reported.at(-1)?.position, { '0': 2 });
});

const BROKEN: Problem = {
  file: 'slos/a.yaml',
  line: 1,
  column: 1,
  path: '',
  severity: 'error',
  message: 'broken',
};

test('a broken SLO file changes nothing; an SLO that is gone resolves', async (t) => {
  let loaded: { documents: string[]; problems: Problem[] } = { documents: RIG_SLOS, problems: [] };
  const rig = await rigOf(t, {
    loadDocuments: () =>
      Promise.resolve({ documents: loaded.documents.map(scriptedDocument), problems: loaded.problems }),
  });
  rig.append(page(true));
  await rig.advance(2000);
  loaded = { documents: [], problems: [BROKEN] };
  assert.deepEqual(await rig.api.reload(), [BROKEN]);
  await rig.advance(60_000);
  assert.equal((await rig.api.incidents({ open: true, limit: 10 })).length, 1);
  assert.deepEqual((await rig.api.status()).problems, [BROKEN]);
  loaded = { documents: ['orders/quote'], problems: [] };
  assert.deepEqual(await rig.api.reload(), []);
  await rig.advance(60_000);
  assert.equal((await rig.api.incidents({ open: true, limit: 10 })).length, 0);
  assert.deepEqual(reasons(rig), ['first notification', 'all alerts resolved']);
});

test('max_alerts cuts the list and says by how much', async (t) => {
  const config = configWith(webhook('http://hook/', { alertsMax: 1 }));
  const rig = await rigOf(t, { config });
  rig.append(page(true));
  rig.append({ ...page(true), kind: 'ticket' });
  await rig.advance(2000);
  const [body] = rig.bodies() as { truncatedAlerts: number; alerts: unknown[] }[];
  assert.deepEqual([body?.truncatedAlerts, body?.alerts.length], [1, 1]);
});

test('without a receiver incidents are recorded all the same', async (t) => {
  const rig = await rigOf(t, { config: {} });
  rig.append(page(true));
  await rig.advance(60_000);
  assert.equal(rig.requests.length, 0);
  assert.equal((await rig.api.incidents({ open: true, limit: 10 })).length, 1);
  assert.deepEqual(await rig.api.routing().then(({ receivers }) => receivers), ['none']);
});

test('a clock set an hour back or forth neither delays nor repeats a page', async (t) => {
  const rig = await rigOf(t);
  for (const byMs of [3_600_000, -7_200_000, 3_600_000]) {
    const before = rig.requests.length;
    rig.clock.jumpWall(byMs);
    rig.append(page(true));
    await rig.advance(2000);
    assert.equal(rig.requests.length, before + 1, `after a jump by ${byMs} ms`);
    rig.append(page(false));
    await rig.advance(60_000);
    assert.equal(rig.requests.length, before + 2);
  }
});

async function values(meter: CollectingMeter, name: string): Promise<Readonly<Record<string, number>>> {
  const family = (await meter.collect()).find((candidate) => candidate.name === name);
  const samples = family?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

test('incidents and attempts are counted from zero on, open incidents by who has taken them up', async (t) => {
  const meter = createMeter();
  const rig = await rigOf(t, { meter });
  assert.deepEqual(await values(meter, 'plimsoll_incidents_total'), { page: 0, ticket: 0 });
  const none = { 'oncall delivered': 0, 'oncall retry': 0, 'oncall refused': 0 };
  assert.deepEqual(await values(meter, 'plimsoll_notification_attempts_total'), none);
  rig.append(page(true));
  await rig.advance(2000);
  assert.deepEqual(await values(meter, 'plimsoll_incidents_total'), { page: 1, ticket: 0 });
  const nobody = { 'page no': 0, 'page yes': 0, 'ticket no': 0, 'ticket yes': 0 };
  assert.deepEqual(await values(meter, 'plimsoll_incidents_open'), { ...nobody, 'page no': 1 });
  const [incident] = await rig.api.incidents({ open: true, limit: 1 });
  await rig.api.acknowledge(incident?.id ?? '', 'ada');
  assert.deepEqual(await values(meter, 'plimsoll_incidents_open'), { ...nobody, 'page yes': 1 });
  rig.append(page(false));
  await rig.advance(60_000);
  assert.deepEqual(await values(meter, 'plimsoll_incidents_open'), nobody);
  assert.deepEqual(await values(meter, 'plimsoll_notification_attempts_total'), {
    ...none,
    'oncall delivered': 2,
  });
});

test('a flood of alerts in a few groups is a few notifications, each with all that fits', async (t) => {
  const services = 5;
  const perService = 400;
  const sloIds = Array.from(
    { length: services * perService },
    (_, index) => `s${index % services}/slo-${index}`,
  );
  const rig = await rigOf(t, {
    config: { ...configWith(webhook('http://hook/', { alertsMax: 50 })), route: FLOOD_ROUTE },
    loadDocuments: () => Promise.resolve({ documents: sloIds.map(scriptedDocument), problems: [] }),
  });
  for (const sloId of sloIds) rig.append(page(true, sloId));
  await rig.advance(5000);
  const bodies = rig.bodies() as { truncatedAlerts: number; alerts: unknown[] }[];
  assert.equal(bodies.length, services);
  for (const { alerts, truncatedAlerts } of bodies) {
    assert.deepEqual([alerts.length, truncatedAlerts], [50, perService - 50]);
  }
});

const FLOOD_ROUTE = { ...ROUTE_DEFAULT, receiver: 'oncall', groupBy: ['service'] };
