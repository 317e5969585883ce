/** Alertmanager's API v2 as Grafana and amtool ask it, over HTTP. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import express from 'express';
import type { AlertingApi } from '#alerting/ports.ts';
import { ROUTE_DEFAULT, type AlertingConfig } from '#alerting/config.ts';
import { alertmanagerRoutes } from '#server/alertmanager/routes.ts';
import { AlertingRig } from '#test/support/alerting-rig.ts';

const CONFIG: Partial<AlertingConfig> = {
  route: { ...ROUTE_DEFAULT, receiver: 'oncall' },
  receivers: [
    {
      name: 'oncall',
      webhooks: [
        {
          url: 'http://hooks.test/a-secret-path',
          sendResolved: true,
          alertsMax: 0,
          timeoutMs: 1000,
          authorization: 'Bearer a-secret-token',
        },
      ],
    },
  ],
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

interface Alert {
  readonly labels: Record<string, string>;
  readonly status: { readonly state: string; readonly silencedBy: string[] };
}

describe('Alertmanager API v2', () => {
  let rig: AlertingRig;
  let origin = '';
  const app = express();
  app.set('query parser', 'simple');
  // The rig is made anew for each test; the routes follow it.
  const current = new Proxy({} as AlertingApi, {
    get: (_target, name) => Reflect.get(rig.api, name) as unknown,
  });
  app.use('/api/v2', alertmanagerRoutes(current));
  const server = createServer(app);

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rig[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await rig?.[Symbol.asyncDispose]();
    rig = await AlertingRig.start({ config: CONFIG });
    rig.append({ sloId: 'orders/checkout', kind: 'page', on: true });
    rig.append({ sloId: 'orders/checkout', kind: 'ticket', on: true });
    rig.append({ sloId: 'tracking/lookup', kind: 'page', on: true });
    await rig.advance(2500);
  });

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${origin}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }
  const post = (path: string, body: unknown): Promise<Answer> =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const silence = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    matchers: [{ name: 'service', value: 'orders', isRegex: false, isEqual: true }],
    startsAt: new Date(rig.clock.wallMs()).toISOString(),
    endsAt: new Date(rig.clock.wallMs() + 3_600_000).toISOString(),
    createdBy: 'ada',
    comment: 'fixing it',
    ...changes,
  });
  const names = (answer: Answer): readonly string[] =>
    (answer.body as Alert[]).map(({ labels }) => `${labels['slo_id']} ${labels['severity']}`).toSorted();
  const idOf = (answer: Answer): string => (answer.body as { silenceID: string }).silenceID;

  test('status has all four required parts and no secret', async () => {
    const { status, body } = await ask('/status');
    assert.equal(status, 200);
    const { cluster, config, uptime, versionInfo } = body as Record<string, Record<string, unknown>>;
    assert.deepEqual(cluster, { status: 'disabled', name: '', peers: [] });
    assert.equal(Object.keys(versionInfo ?? {}).length, 6);
    assert.ok(Object.values(versionInfo ?? {}).every((value) => typeof value === 'string'));
    assert.equal(typeof uptime, 'string');
    assert.match(String(config?.['original']), /receiver: "oncall"/);
    assert.doesNotMatch(String(config?.['original']), /a-secret/);
  });

  test('receivers', async () => {
    assert.deepEqual((await ask('/receivers')).body, [{ name: 'oncall' }]);
  });

  test('alerts carry every field the data source reads', async () => {
    const { status, body } = await ask('/alerts');
    assert.equal(status, 200);
    const [alert] = body as Record<string, unknown>[];
    assert.deepEqual(Object.keys(alert ?? {}).toSorted(), [
      'annotations',
      'endsAt',
      'fingerprint',
      'generatorURL',
      'labels',
      'receivers',
      'startsAt',
      'status',
      'updatedAt',
    ]);
    assert.deepEqual(alert?.['receivers'], [{ name: 'oncall' }]);
    assert.deepEqual(alert?.['status'], { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' });
    assert.match(String(alert?.['fingerprint']), /^[0-9a-f]{16}$/);
  });

  const FILTERS: readonly (readonly [query: string, expected: readonly string[]])[] = [
    ['', ['orders/checkout page', 'orders/checkout ticket', 'tracking/lookup page']],
    ['?filter=service%3D%22orders%22', ['orders/checkout page', 'orders/checkout ticket']],
    ['?filter=service=orders&filter=severity=page', ['orders/checkout page']],
    ['?filter=%7Bservice%3D~%22track.*%22%2Cseverity!%3D%22ticket%22%7D', ['tracking/lookup page']],
    ['?active=false', []],
    ['?receiver=on.*', ['orders/checkout page', 'orders/checkout ticket', 'tracking/lookup page']],
    ['?receiver=on', []],
    [
      '?silenced=false&inhibited=false&unprocessed=false&active=true&filter=severity=ticket',
      ['orders/checkout ticket'],
    ],
  ];
  for (const [query, expected] of FILTERS) {
    test(`alerts${query}`, async () => assert.deepEqual(names(await ask(`/alerts${query}`)), expected));
  }

  const BAD: readonly (readonly [path: string, pattern: RegExp])[] = [
    ['/alerts?filter=nonsense', /bad matcher format/],
    ['/alerts?active=maybe', /expected true or false/],
    ['/alerts?filter=a%3D~%22(%22', /./],
    ['/alerts?receiver_matchers=a%3Db', /not supported yet/],
    ['/silences?expired=x', /expected true or false/],
  ];
  for (const [path, pattern] of BAD) {
    test(`GET ${path} is a 400 with a bare JSON string`, async () => {
      const { status, body } = await ask(path);
      assert.equal(status, 400);
      assert.match(body as string, pattern);
    });
  }

  test('groups are those of the route', async () => {
    const { body } = await ask('/alerts/groups');
    const groups = body as { labels: object; receiver: object; routeLabels: object; alerts: unknown[] }[];
    assert.deepEqual(
      groups.map(({ labels, receiver, routeLabels, alerts }) => ({
        labels,
        receiver,
        routeLabels,
        alerts: alerts.length,
      })),
      [
        {
          labels: { service: 'orders', slo_id: 'orders/checkout' },
          receiver: { name: 'oncall' },
          routeLabels: {},
          alerts: 2,
        },
        {
          labels: { service: 'tracking', slo_id: 'tracking/lookup' },
          receiver: { name: 'oncall' },
          routeLabels: {},
          alerts: 1,
        },
      ],
    );
  });

  test('a silence is created, seen, obeyed and expired', async () => {
    const created = await post('/silences', silence());
    assert.equal(created.status, 200);
    const id = idOf(created);
    const shown = (await ask(`/silence/${id}`)).body as Record<string, unknown>;
    assert.deepEqual(shown['status'], { state: 'active' });
    assert.deepEqual(shown['matchers'], [
      { name: 'service', value: 'orders', isRegex: false, isEqual: true },
    ]);
    assert.deepEqual(shown['annotations'], {});
    const silenced = (await ask('/alerts?active=false')).body as Alert[];
    assert.equal(silenced.length, 2);
    assert.deepEqual(silenced[0]?.status, {
      inhibitedBy: [],
      mutedBy: [],
      silencedBy: [id],
      state: 'suppressed',
    });
    assert.equal((await ask(`/silence/${id}`, { method: 'DELETE' })).status, 200);
    assert.equal((await ask(`/silence/${id}`, { method: 'DELETE' })).status, 200, 'expiring twice is fine');
    assert.deepEqual((await ask('/alerts?active=false')).body, []);
    const listed = (await ask('/silences')).body as { id: string; status: { state: string } }[];
    assert.deepEqual(
      listed.map((one) => [one.id, one.status.state]),
      [[id, 'expired']],
    );
    assert.deepEqual((await ask('/silences?expired=false')).body, []);
  });

  const PREVIEWS: readonly (readonly [
    what: string,
    matchers: readonly object[],
    filters: readonly string[],
  ])[] = [
    [
      'the SLO of an incident',
      [{ name: 'slo_id', value: 'orders/checkout', isRegex: false, isEqual: true }],
      ['slo_id="orders/checkout"'],
    ],
    [
      'several matchers',
      [
        { name: 'service', value: 'orders', isRegex: false },
        { name: 'severity', value: 'page', isRegex: false, isEqual: false },
      ],
      ['service="orders"', 'severity!="page"'],
    ],
    [
      'a pattern, which must match the whole value',
      [{ name: 'slo_id', value: 'orders|tracking/look.p|checkout', isRegex: true }],
      ['slo_id=~"orders|tracking/look.p|checkout"'],
    ],
    [
      'characters that mean something in a filter',
      [
        { name: 'slo_id', value: 'tracking/(lookup|a"b\\\\c[,}{]\n)', isRegex: true },
        { name: 'service', value: 'tracking', isRegex: false },
      ],
      ['slo_id=~"tracking/(lookup|a\\"b\\\\\\\\c[,}{]\\n)"', '{service="tracking"}'],
    ],
    ['nothing', [{ name: 'service', value: 'nobody', isRegex: false }], ['service="nobody"']],
  ];
  for (const [what, matchers, filters] of PREVIEWS) {
    test(`a filter shows what a silence will silence: ${what}`, async () => {
      const query = filters.map((filter) => `filter=${encodeURIComponent(filter)}`).join('&');
      const preview = names(await ask(`/alerts?${query}`));
      assert.equal(preview.length > 0, what !== 'nothing');
      assert.ok(preview.length < 3, 'not simply all of them');
      const id = idOf(await post('/silences', silence({ matchers })));
      const silenced = await ask('/alerts?active=false');
      assert.deepEqual(names(silenced), preview);
      assert.ok((silenced.body as Alert[]).every(({ status }) => status.silencedBy.includes(id)));
    });
  }

  test('an edit keeps the id while the matchers stay, else makes a new silence', async () => {
    const first = silence();
    const id = idOf(await post('/silences', first));
    const longer = { ...first, id, endsAt: new Date(rig.clock.wallMs() + 7_200_000).toISOString() };
    assert.equal(idOf(await post('/silences', longer)), id);
    const other = { ...longer, matchers: [{ name: 'service', value: 'track.*', isRegex: true }] };
    const second = idOf(await post('/silences', other));
    assert.notEqual(second, id);
    const states = (await ask('/silences')).body as { id: string; status: { state: string } }[];
    assert.deepEqual(Object.fromEntries(states.map((one) => [one.id, one.status.state])), {
      [second]: 'active',
      [id]: 'expired',
    });
  });

  test('silences are filtered by their own matchers', async () => {
    const id = idOf(await post('/silences', silence()));
    const found = (await ask('/silences?filter=service%3D%22orders%22')).body as { id: string }[];
    assert.deepEqual(
      found.map((one) => one.id),
      [id],
    );
    assert.deepEqual((await ask('/silences?filter=service%3D%22tracking%22')).body, []);
  });

  const REFUSED: readonly (readonly [
    what: string,
    changes: object | string,
    status: number,
    pattern: RegExp,
  ])[] = [
    ['no matchers', { matchers: [] }, 400, /at least one matcher/],
    [
      'matchers that match anything',
      { matchers: [{ name: 'a', value: '.*', isRegex: true }] },
      400,
      /must not match the empty/,
    ],
    ['a pattern that is none', { matchers: [{ name: 'a', value: '(', isRegex: true }] }, 400, /not valid/],
    ['an end before its start', { endsAt: '2001-01-01T00:00:00Z' }, 400, /after startsAt/],
    [
      'an end in the past',
      { startsAt: '2001-01-01T00:00:00Z', endsAt: '2001-01-02T00:00:00Z' },
      400,
      /in the future/,
    ],
    ['a time that is none', { startsAt: 'now' }, 400, /startsAt must be a time/],
    ['no author', { createdBy: undefined }, 400, /createdBy must be text/],
    ['too much text', { comment: 'x'.repeat(20_000) }, 400, /larger than/],
    ['an unknown id', { id: '11111111-2222-4333-8444-555555555555' }, 404, /no silence/],
    ['broken JSON', '{', 400, /not valid JSON/],
    ['a body over the limit', { comment: 'x'.repeat(100_000) }, 413, /larger than/],
  ];
  for (const [what, changes, status, pattern] of REFUSED) {
    test(`POST /silences refuses ${what}`, async () => {
      const answer = await post(
        '/silences',
        typeof changes === 'string' ? changes : silence(changes as never),
      );
      assert.equal(answer.status, status);
      assert.match(answer.body as string, pattern);
      assert.deepEqual((await ask('/silences')).body, []);
    });
  }

  test('what is unknown is a 404 with a JSON string', async () => {
    for (const path of ['/silence/11111111-2222-4333-8444-555555555555', '/nothing', '/']) {
      const { status, body, type } = await ask(path);
      assert.equal(status, 404);
      assert.equal(typeof body, 'string');
      assert.match(type, /application\/json/);
    }
  });

  test('posting alerts is refused by name', async () => {
    const { status, body } = await post('/alerts', [{ labels: { alertname: 'x' } }]);
    assert.equal(status, 404);
    assert.match(body as string, /not supported yet/);
  });
});
