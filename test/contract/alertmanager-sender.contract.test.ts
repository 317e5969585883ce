/** What an Alertmanager outside is told, and when, on a simulated clock. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AlertmanagerTarget } from '#alerting/alertmanagers/config.ts';
import type { PostableAlert } from '#alerting/alertmanagers/body.ts';
import { RESEND_MS } from '#alerting/alertmanagers/sender.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import type { LoadedDocuments } from '#alerting/start.ts';
import { AlertingRig, type RigOptions } from '#test/support/alerting-rig.ts';
import { scriptedDocument } from '#test/support/scripted-engine.ts';

const TARGET: AlertmanagerTarget = {
  name: 'am:9093',
  url: 'http://am:9093/api/v2/alerts',
  authorization: 'Bearer secret',
  timeoutMs: 1000,
  tls: COMMON_DEFAULT.tls,
};
const CONFIG = { config: { alertmanagers: [TARGET], externalLabels: { region: 'north', service: 'other' } } };
const page = (on: boolean, sloId = 'orders/checkout') => ({ sloId, kind: 'page', on }) as const;

async function rigOf(t: TestContext, options: RigOptions = CONFIG): Promise<AlertingRig> {
  const rig = await AlertingRig.start(options);
  t.after(() => rig[Symbol.asyncDispose]());
  return rig;
}

const posts = (rig: AlertingRig): readonly (readonly PostableAlert[])[] =>
  rig.bodies() as readonly (readonly PostableAlert[])[];
const isFiring = (rig: AlertingRig, alert: PostableAlert): boolean =>
  Date.parse(alert.endsAt) > rig.clock.wallMs();

test('an alert is told at the tick it fires, with links and a time to live', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(1000);
  const [request] = rig.requests;
  assert.equal(request?.url, TARGET.url);
  assert.equal(request.headers['authorization'], 'Bearer secret');
  const [alert] = posts(rig)[0] ?? [];
  const [incident] = await rig.api.incidents({ open: true, limit: 1 });
  assert.ok(alert !== undefined && incident !== undefined);
  assert.equal(alert.labels['slo_id'], 'orders/checkout');
  assert.equal(alert.labels['region'], 'north');
  assert.equal(alert.labels['service'], 'orders', "an alert's own labels win");
  assert.equal(alert.startsAt, new Date(incident.startsAtMs).toISOString());
  assert.equal(Date.parse(alert.endsAt) - rig.clock.wallMs(), 4 * RESEND_MS);
  assert.equal(alert.generatorURL, 'http://plimsoll.test/ui/slos/orders/checkout');
  assert.equal(alert.annotations['incident_url'], `http://plimsoll.test/ui/incidents/${incident.id}`);
  const { timeline } = (await rig.api.incident(incident.id)) ?? {};
  assert.ok(timeline?.some(({ kind, text }) => kind === 'notified' && text.includes('am:9093')));
});

test('what fires is told again every minute, what resolves once', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(1000);
  await rig.advance(2 * RESEND_MS);
  assert.equal(rig.requests.length, 3);
  rig.append(page(false));
  await rig.advance(2000);
  assert.equal(rig.requests.length, 4);
  const [resolved] = posts(rig).at(-1) ?? [];
  assert.ok(resolved !== undefined && !isFiring(rig, resolved));
  await rig.advance(5 * RESEND_MS);
  assert.equal(rig.requests.length, 4);
});

test('an Alertmanager that is away is told when it is back, a resolution too', async (t) => {
  const rig = await rigOf(t);
  rig.answers.push(...Array.from({ length: 3 }, () => ({ status: 503, headers: {} })));
  rig.append(page(true));
  await rig.advance(20_000);
  assert.equal(rig.requests.length, 4, 'three attempts in vain, one that counts');
  const told = rig.requests.length;
  rig.answers.push(...Array.from({ length: 2 }, () => ({ status: 500, headers: {} })));
  rig.append(page(false));
  await rig.advance(20_000);
  assert.equal(rig.requests.length, told + 3);
  const [resolved] = posts(rig).at(-1) ?? [];
  assert.ok(resolved !== undefined && !isFiring(rig, resolved));
});

test('a wrong password is tried again within seconds, what is refused otherwise within a minute', async (t) => {
  for (const [status, attempts] of [
    [401, 3],
    [400, 1],
  ] as const) {
    const rig = await rigOf(t);
    rig.answers.push(...Array.from({ length: 20 }, () => ({ status, headers: {} })));
    rig.append(page(true));
    await rig.advance(20_000);
    assert.ok(rig.requests.length >= attempts, `${status}: ${rig.requests.length}`);
    if (status === 400) assert.equal(rig.requests.length, attempts);
  }
});

test('that it refuses the end of one alert holds up no other', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(1000);
  rig.answers.push({ status: 400, headers: {} });
  rig.append(page(false));
  rig.append(page(true, 'orders/quote'));
  await rig.advance(1000);
  const last = posts(rig).at(-1) ?? [];
  assert.deepEqual(
    last.map((alert) => [alert.labels['slo_id'], isFiring(rig, alert)]),
    [['orders/quote', true]],
  );
  const told = rig.requests.length;
  await rig.advance(30_000);
  assert.equal(rig.requests.length, told, 'nor is it told again');
});

test('an alert that it refuses delays no other, and is told again with the rest', async (t) => {
  const rig = await rigOf(t);
  const taken = new Set<string>();
  let isMended = false;
  // As a real one does: the request is refused for the bad one, of which the good cannot know.
  rig.answer = (body) => {
    const ids = (body as readonly PostableAlert[]).map(({ labels }) => labels['slo_id'] ?? '');
    const isRefused = ids.includes('orders/checkout') && !isMended;
    if (!isRefused) ids.forEach((id) => taken.add(id));
    return { status: isRefused ? 400 : 200, headers: {} };
  };
  rig.append(page(true));
  await rig.advance(2000);
  assert.equal(rig.requests.length, 1);
  for (const sloId of ['orders/quote', 'tracking/lookup']) {
    rig.append(page(true, sloId));
    await rig.advance(1000);
    assert.ok(taken.has(sloId), sloId);
  }
  const before = rig.requests.length;
  await rig.advance(RESEND_MS / 2);
  assert.equal(rig.requests.length, before, 'nothing is new');
  assert.deepEqual(await noted(rig), ['orders/quote', 'tracking/lookup']);
  isMended = true;
  await rig.advance(RESEND_MS);
  assert.ok(taken.has('orders/checkout'));
  assert.deepEqual(await noted(rig), ['orders/checkout', 'orders/quote', 'tracking/lookup']);
});

/** SLOs enough for a request of many alerts. */
async function rigOfMany(t: TestContext, ids: readonly string[]): Promise<AlertingRig> {
  const documents = ids.map(scriptedDocument);
  const loadDocuments = (): Promise<LoadedDocuments> => Promise.resolve({ documents, problems: [] });
  return rigOf(t, { ...CONFIG, loadDocuments });
}

test('eight bad alerts among 200 keep no good one from being told, begun or ended', async (t) => {
  const ids = Array.from({ length: 200 }, (_, index) => `orders/n${index}`);
  const isBad = (id: string): boolean => Number(id.slice('orders/n'.length)) % 25 === 3;
  const rig = await rigOfMany(t, ids);
  const [begun, ended] = [new Set<string>(), new Set<string>()];
  rig.answer = (body) => {
    const alerts = body as readonly PostableAlert[];
    const idOf = ({ labels }: PostableAlert): string => labels['slo_id'] ?? '';
    const isRefused = alerts.some((alert) => isBad(idOf(alert)));
    if (!isRefused) for (const alert of alerts) (isFiring(rig, alert) ? begun : ended).add(idOf(alert));
    return { status: isRefused ? 400 : 200, headers: {} };
  };
  const good = ids.filter((id) => !isBad(id)).toSorted();
  for (const sloId of ids) rig.append(page(true, sloId));
  await rig.advance(5000);
  assert.deepEqual([...begun].toSorted(), good);
  const once = rig.requests.length;
  await rig.advance(RESEND_MS);
  assert.equal(rig.requests.length - once, 1 + 8, 'the good together, each bad one by itself');
  for (const sloId of ids) rig.append(page(false, sloId));
  await rig.advance(5000);
  assert.deepEqual([...ended].toSorted(), good);
});

test('an Alertmanager that refuses everything is asked a bounded number of times', async (t) => {
  const ids = Array.from({ length: 200 }, (_, index) => `orders/n${index}`);
  for (const [status, first, later] of [
    [400, 3 * ids.length, 16],
    [404, 1, 1],
  ] as const) {
    const rig = await rigOfMany(t, ids);
    rig.answer = () => ({ status, headers: {} });
    for (const sloId of ids) rig.append(page(true, sloId));
    await rig.advance(RESEND_MS / 2);
    const once = rig.requests.length;
    assert.equal(posts(rig)[0]?.length, ids.length);
    assert.ok(once <= first, `${status}: ${once}`);
    await rig.advance(RESEND_MS);
    assert.ok(rig.requests.length - once <= later, `${status}: ${rig.requests.length - once} after a minute`);
  }
});

test('one that was away when an alert came is noted once it took it', async (t) => {
  const rig = await rigOf(t);
  rig.answers.push({ status: 503, headers: {} });
  rig.append(page(true));
  await rig.advance(2 * RESEND_MS);
  assert.deepEqual(await noted(rig), ['orders/checkout']);
});

test('so it is when we were started again in between, and only once', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plimsoll-told-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const options = { ...CONFIG, databasePath: path.join(folder, 'alerting.db') };
  const rig = await rigOf(t, options);
  rig.answer = () => ({ status: 503, headers: {} });
  rig.append(page(true));
  await rig.advance(5000);
  await rig.restart(options);
  rig.answer = undefined;
  await rig.advance(RESEND_MS);
  assert.deepEqual(await noted(rig), ['orders/checkout']);
  await rig.restart(options);
  await rig.advance(2 * RESEND_MS);
  assert.deepEqual(await noted(rig), ['orders/checkout']);
});

/** SLOs of alerts of which a timeline says that an Alertmanager was told, once each time it does. */
async function noted(rig: AlertingRig): Promise<readonly string[]> {
  const open = await rig.api.incidents({ open: true, limit: 1000 });
  const found = open.map(async ({ id }) => {
    const incident = await rig.api.incident(id);
    const times = incident?.timeline.filter(({ kind }) => kind === 'notified').length ?? 0;
    return Array.from({ length: times }, () => incident?.sloId ?? '');
  });
  return (await Promise.all(found)).flat().toSorted();
}

test('an alert that fires again between two tellings is ended first: a new one to the Alertmanager', async (t) => {
  const rig = await rigOf(t);
  rig.append(page(true));
  await rig.advance(1000);
  rig.answers.push({ status: 503, headers: { 'retry-after': '10' } });
  rig.append(page(false));
  await rig.advance(1000);
  rig.append(page(true));
  await rig.advance(12_000);
  const kinds = posts(rig).map(([alert]) => alert !== undefined && isFiring(rig, alert));
  assert.deepEqual(kinds, [true, false, false, true]);
});

test('a restart resolves what ended meanwhile, and repeats what still fires', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plimsoll-told-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const options = { ...CONFIG, databasePath: path.join(folder, 'state.sqlite') };
  const rig = await rigOf(t, options);
  rig.append(page(true));
  rig.append(page(true, 'orders/quote'));
  await rig.advance(1000);
  rig.answers.push(...Array.from({ length: 50 }, () => ({ status: 503, headers: {} })));
  rig.append(page(false));
  await rig.advance(1000);
  rig.answers.length = 0;
  const before = rig.requests.length;
  await rig.restart(options);
  await rig.advance(1000);
  const after = posts(rig).slice(before).flat();
  assert.deepEqual(
    after.map((alert) => [alert.labels['slo_id'], isFiring(rig, alert)]),
    [
      ['orders/checkout', false],
      ['orders/quote', true],
    ],
  );
});

test('two Alertmanagers: one that hangs or refuses delays no other', async (t) => {
  const other = { ...TARGET, name: 'am2:9093', url: 'http://am2:9093/api/v2/alerts' };
  const rig = await rigOf(t, { config: { alertmanagers: [TARGET, other] } });
  rig.answers.push({ status: 400, headers: {} });
  rig.append(page(true));
  await rig.advance(1000);
  assert.deepEqual(
    rig.requests.map(({ url }) => url),
    [TARGET.url, other.url],
  );
  await rig.advance(30_000);
  assert.equal(rig.requests.length, 2, 'a refusal is not repeated at once');
  await rig.advance(RESEND_MS);
  assert.deepEqual(new Set(rig.requests.slice(2).map(({ url }) => url)), new Set([TARGET.url, other.url]));
});
