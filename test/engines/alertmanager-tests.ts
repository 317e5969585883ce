/**
 * A real Alertmanager is told of our alerts and tells its receiver; it and we
 * are killed in turn, and in the end both know the same.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startAlertmanager } from '#test/engines/alertmanager.ts';
import { isMissing } from '#test/engines/engine.ts';
import { askJson } from '#test/engines/http.ts';
import { OtlpSender } from '#test/support/client.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { sloText, SteadySender } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook, type Webhook } from '#test/support/webhook.ts';

const SERVICES = ['quotes', 'billing'] as const;
const POLICY = { objective: 0.999, longWindowMs: 10_000, shortWindowMs: 2000, factor: 14.4, badEventsMin: 5 };
const TOLD_MS_MAX = 30_000;

interface ToldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly generatorURL: string;
}

/** Services that fire at the Alertmanager now, in order; undefined while it is away. */
async function firingAt(url: string): Promise<string | undefined> {
  const alerts = await askJson<readonly ToldAlert[]>(`${url}/api/v2/alerts?active=true`);
  return alerts
    ?.map(({ labels }) => labels['service'] ?? '?')
    .toSorted()
    .join(' ');
}

function configFor(alertmanager: string): string {
  return `alerting:
  alertmanagers:
    - static_configs: [{ targets: ["${new URL(alertmanager).host}"] }]
      timeout: 2s
`;
}

/** What its receiver was told last of a service. */
function lastToldOf(webhook: Webhook, service: string): string | undefined {
  return webhook.calls
    .flatMap(({ body }) => body.alerts)
    .findLast(({ labels }) => labels['service'] === service)?.status;
}

/** @param flavor which of the two */
export function alertmanagerTests(flavor: 'packaged' | 'built'): void {
  test(`Alertmanager (${flavor}) is told of what fires and what ends, through kills of both`, (t) =>
    throughKills(t, flavor));
}

async function throughKills(t: TestContext, flavor: 'packaged' | 'built'): Promise<void> {
  await using webhook = await startWebhook();
  const engine = await startAlertmanager({
    flavor,
    config: `route: { receiver: hook, group_by: [service], group_wait: 100ms, group_interval: 1s }
receivers: [{ name: hook, webhook_configs: [{ url: "${webhook.url}" }] }]
`,
  });
  if (isMissing(engine)) return t.skip(engine.missing);
  await using alertmanager = engine;
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-am-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sloDirectory = join(folder, 'slo');
  mkdirSync(sloDirectory);
  for (const service of SERVICES)
    writeFileSync(join(sloDirectory, `${service}.yaml`), sloText(service, POLICY.objective, POLICY));
  const start = (): Promise<Program> =>
    startPlimsoll({
      dataDirectory: join(folder, 'data'),
      sloDirectory,
      configText: configFor(alertmanager.url),
    });
  const firing = (expected: string): Promise<unknown> => {
    let seen: string | undefined;
    const isThere = async (): Promise<boolean> => {
      seen = await firingAt(alertmanager.url);
      return seen === expected;
    };
    const detail = (): string => `"${seen}"; ${program.output()}`;
    return until(`"${expected}" at the Alertmanager`, isThere, { timeoutMs: TOLD_MS_MAX, detail });
  };

  let program = await start();
  let [quotes, billing, stop] = services(program);
  try {
    await until('some history', () => quotes.events.length > 100, { timeoutMs: TOLD_MS_MAX });
    quotes.failing = true;
    await firing('quotes');
    const [told] = (await askJson<readonly ToldAlert[]>(`${alertmanager.url}/api/v2/alerts`)) ?? [];
    assert.match(told?.generatorURL ?? '', /\/ui\/slos\//);
    assert.match(told?.annotations['incident_url'] ?? '', /\/ui\/incidents\//);
    await until('the receiver', () => lastToldOf(webhook, 'quotes') === 'firing', { timeoutMs: TOLD_MS_MAX });

    await alertmanager.kill();
    billing.failing = true;
    await until('a failed telling', () => program.output().includes('does not take alerts'), {
      timeoutMs: TOLD_MS_MAX,
    });
    await alertmanager.start();
    await firing('billing quotes');

    await stop();
    await program.kill();
    program = await start();
    [quotes, billing, stop] = services(program);
    billing.failing = true;
    await firing('billing');
    await until('the receiver', () => lastToldOf(webhook, 'quotes') === 'resolved', {
      timeoutMs: TOLD_MS_MAX,
    });
    billing.failing = false;
    await firing('');
  } finally {
    await stop();
    await program[Symbol.asyncDispose]();
  }
}

function services(program: Program): readonly [SteadySender, SteadySender, () => Promise<void>] {
  const senders = SERVICES.map(() => new OtlpSender(program.otlpHttp));
  const [quotes, billing] = SERVICES.map(
    (service, index) =>
      new SteadySender(senders[index] as OtlpSender, { service, perSecond: 50, batchMs: 100 }),
  ) as [SteadySender, SteadySender];
  const abort = new AbortController();
  const runs = [quotes.run(abort.signal), billing.run(abort.signal)];
  return [
    quotes,
    billing,
    async () => {
      abort.abort();
      await Promise.allSettled(runs);
      for (const sender of senders) sender[Symbol.dispose]();
    },
  ];
}
