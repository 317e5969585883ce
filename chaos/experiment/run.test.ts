import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetRequest } from '#base/net.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { SimulatedNet, type Outcome } from '#base/sim/net.ts';
import { ChaosClient } from '#chaos/client.ts';
import { parseExperiment } from '#chaos/experiment/core/parse.ts';
import { reportText, type RunReport } from '#chaos/experiment/report.ts';
import { runExperiment } from '#chaos/experiment/run.ts';
import { FAULTS } from '#chaos/faults/registry.ts';

const EXPERIMENT = `title: cut quotes
steady-state-hypothesis:
  probes:
    - { type: probe, name: gateway answers, tolerance: 200, provider: { type: http, url: '\${gateway}/' } }
method:
  - { type: action, name: cut, provider: { type: plimsoll, fault: cut, target: quotes }, pauses: { after: 10s } }
rollbacks:
  - { type: action, name: tidy, provider: { type: http, url: '\${gateway}/tidy', method: POST } }
abort:
  probes:
    - { type: probe, name: platform answers, tolerance: 200, provider: { type: http, url: '\${origin}/ready' } }
expect:
  alerts: [{ labels: { service: gateway }, within: 8s }]
  blame: quotes
recover: 5s
`;

const NOT_ON = '{"error":{"code":"PLIM_NOT_FOUND","message":"no fault cut-1 is on"}}';

/** The other end: a daemon that holds leases, a gateway and a platform that can be told how to do. */
class Outside {
  readonly clock = new SimulatedClock();
  readonly net = new SimulatedNet(this.clock, (request) => this.#answer(request));
  gatewayStatus = 200;
  /** From when on the platform is away. */
  platformAwayMs = Infinity;
  /** Until an alert fires from the begin of a fault. */
  alertAfterMs = Infinity;
  suspect = 'quotes';
  /** False: the fault is over when its lease is to be renewed. */
  renews = true;
  expiresMs = 0;
  began: number[] = [];
  requests: string[] = [];

  get faultIsOn(): boolean {
    return this.clock.monotonicMs() < this.expiresMs;
  }

  #answer({ method, url, body }: NetRequest): Outcome {
    const nowMs = this.clock.monotonicMs();
    const { host, pathname } = new URL(url);
    this.requests.push(`${method} ${host}${pathname}`);
    if (host === 'gateway') return { kind: 'response', status: this.gatewayStatus };
    if (host === 'platform')
      return nowMs >= this.platformAwayMs ? { kind: 'silence' } : json(this.#platform(pathname));
    if (pathname === '/residue') return json({ clean: true, residue: [] });
    if (method === 'DELETE') this.expiresMs = 0;
    else if (pathname.endsWith('/renew') && !this.renews) {
      this.expiresMs = 0;
      return { kind: 'response', status: 404, body: NOT_ON };
    } else if (pathname.endsWith('/renew')) this.expiresMs = nowMs + 2000;
    else {
      const { sham } = JSON.parse(new TextDecoder().decode(body)) as { sham: boolean };
      this.began.push(nowMs);
      if (!sham) this.expiresMs = nowMs + 2000;
    }
    return json({ id: 'cut-1', fault: 'cut', target: 'quotes' });
  }

  #platform(pathname: string): unknown {
    const firesMs = (this.began[0] ?? Infinity) + this.alertAfterMs;
    if (pathname !== '/api/v2/alerts' || this.clock.monotonicMs() < firesMs) return [];
    return [{ fingerprint: '1', labels: { service: 'gateway' }, annotations: { suspect: this.suspect } }];
  }
}

function json(value: unknown): Outcome {
  return { kind: 'response', status: 200, body: JSON.stringify(value) };
}

interface RunOptions {
  readonly source?: string;
  readonly stopAfterMs?: number;
  readonly sham?: boolean;
}

async function run(
  outside: Outside,
  { source = EXPERIMENT, stopAfterMs, sham = false }: RunOptions = {},
): Promise<RunReport> {
  const { clock, net } = outside;
  const { experiment, problems } = parseExperiment('x.yaml', source, FAULTS);
  assert.ok(experiment !== undefined, JSON.stringify(problems));
  const abort = new AbortController();
  if (stopAfterMs !== undefined) clock.startTimer(stopAfterMs, () => abort.abort());
  let report: RunReport | undefined;
  void runExperiment(
    { ...experiment, sham },
    {
      client: new ChaosClient('http://daemon', net, clock),
      net,
      clock,
      variables: { gateway: 'http://gateway', origin: 'http://platform' },
      signal: abort.signal,
      say: () => {},
    },
  ).then((result) => (report = result));
  await clock.advanceAsync(60_000);
  assert.ok(report !== undefined, 'it comes to an end');
  assert.equal(outside.faultIsOn, false, 'no fault is on afterwards');
  assert.equal(clock.nextDueMs(), undefined, 'no timer is left');
  assert.ok(reportText(report).includes(report.title));
  return report;
}

test('all goes as expected: the alert comes, blames the right one, and everything is taken back', async () => {
  const outside = new Outside();
  outside.alertAfterMs = 3000;
  const report = await run(outside);
  assert.deepEqual([report.status, report.deviated], ['completed', false], reportText(report));
  assert.equal(outside.requests.at(-2), 'GET gateway/');
  assert.ok(outside.requests.includes('POST gateway/tidy'));
  assert.match(reportText(report), /✓ alert \{service="gateway"\} within 8 s: after 3\.\d s/);
});

const DEVIATIONS: readonly (readonly [what: string, set: (outside: Outside) => void, says: RegExp])[] = [
  ['no alert', () => {}, /✗ alert .*: none/],
  ['a late alert', (outside) => (outside.alertAfterMs = 9000), /✗ alert .*: after 9/],
  [
    'the wrong suspect',
    (outside) => ((outside.alertAfterMs = 1000), (outside.suspect = 'broker')),
    /✗ it suspects quotes: broker/,
  ],
];

for (const [what, set, says] of DEVIATIONS) {
  test(`${what} is a deviation`, async () => {
    const outside = new Outside();
    set(outside);
    const report = await run(outside);
    assert.equal(report.deviated, true);
    assert.match(reportText(report), says);
  });
}

test('without a steady state nothing is broken', async () => {
  const outside = new Outside();
  outside.gatewayStatus = 500;
  const report = await run(outside);
  assert.deepEqual([report.status, report.deviated, outside.began], ['aborted', true, []]);
});

test('an abort condition ends the fault within a second, a silent platform included', async () => {
  const outside = new Outside();
  outside.platformAwayMs = 2000;
  const report = await run(outside);
  assert.equal(report.status, 'aborted');
  assert.match(report.reason ?? '', /platform answers: ETIMEDOUT/);
  const endedAtMs = outside.net.requests.find(({ request }) => request.method === 'DELETE')?.atMs ?? Infinity;
  assert.ok(endedAtMs <= 2000 + 1000, `${endedAtMs}`);
});

test('stopped by a person, it takes everything back', async () => {
  const outside = new Outside();
  const report = await run(outside, { stopAfterMs: 1000 });
  assert.deepEqual([report.status, report.deviated], ['interrupted', true]);
  assert.ok(outside.requests.includes('POST gateway/tidy'), 'rollbacks too');
});

test('a fault that ends by itself is a failure', async () => {
  const outside = new Outside();
  outside.alertAfterMs = 1000;
  outside.renews = false;
  const report = await run(outside);
  assert.equal(report.status, 'failed');
  assert.match(report.reason ?? '', /cut-1 ended by itself: no fault cut-1 is on/);
});

test('a sham must not be seen by anybody', async () => {
  const quiet = await run(new Outside(), { sham: true });
  assert.deepEqual([quiet.status, quiet.deviated], ['completed', false], reportText(quiet));
  const outside = new Outside();
  outside.alertAfterMs = 1000;
  const seen = await run(outside, { sham: true });
  assert.equal(seen.deviated, true, 'an alert for nothing');
});
