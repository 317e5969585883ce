/** The files of `deploy/` and the settings of the compose file, taken by the real servers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAmtool, startAlertmanager } from '#test/engines/alertmanager.ts';
import { composeService, kafkaProperties, portableFlags } from '#test/engines/deploy.ts';
import { isMissing } from '#test/engines/engine.ts';
import { askJson, send } from '#test/engines/http.ts';
import { startKafka } from '#test/engines/kafka.ts';
import { findPromtool, startPrometheus } from '#test/engines/prometheus.ts';
import { runTool } from '#test/engines/tool.ts';
import { until } from '#test/support/wait.ts';
import { readText, ROOT } from '#test/tidy/source.ts';

const TOOL_MS_MAX = 20_000;
const INHIBITED_MS_MAX = 20_000;

function run(...command: readonly string[]): Promise<string> {
  return runTool(command, { cwd: ROOT, timeoutMs: TOOL_MS_MAX });
}

for (const flavor of ['packaged', 'built'] as const) {
  test(`promtool (${flavor}) takes deploy/prometheus.yml, and no planted mistake`, async (t) => {
    const promtool = await findPromtool(flavor);
    if (typeof promtool !== 'string') return t.skip(promtool.missing);
    assert.match(await run(promtool, 'check', 'config', 'deploy/prometheus.yml'), /SUCCESS/);
    await assert.rejects(run(promtool, 'check', 'config', 'deploy/alertmanager.yml'), /not found in type/);
  });

  test(`Prometheus (${flavor}) starts with the file and the flags of the compose file`, async (t) => {
    const flags = portableFlags(composeService('prometheus'));
    assert.ok(flags.length >= 2);
    const engine = await startPrometheus({ flavor, config: readText('deploy/prometheus.yml'), flags });
    if (isMissing(engine)) return t.skip(engine.missing);
    await using prometheus = engine;
    const running = await askJson<{ data: { yaml: string } }>(`${prometheus.url}/api/v1/status/config`);
    assert.match(running?.data.yaml ?? '', /job_name: plimsoll\n[^]*out_of_order_time_window: 1h\n/);
    const set = await askJson<{ data: Readonly<Record<string, string>> }>(
      `${prometheus.url}/api/v1/status/flags`,
    );
    assert.equal(set?.data['enable-feature'], 'exemplar-storage');
    assert.equal(set?.data['storage.tsdb.retention.time'], '15d');
    if (flavor === 'packaged') return;
    // The health check of the compose file; the packaged promtool is older than that command.
    const [, , ...words] = composeService('prometheus').healthcheck?.test ?? [];
    const promtool = await findPromtool(flavor);
    if (typeof promtool === 'string') await run(promtool, ...words.slice(0, -1), `--url=${prometheus.url}`);
  });
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly inhibitedBy: readonly string[] };
}

async function shownAlerts(url: string): Promise<readonly string[]> {
  const alerts = (await askJson<readonly Alert[]>(`${url}/api/v2/alerts`)) ?? [];
  return alerts
    .map(({ labels, receivers, status }) =>
      [
        labels['service'],
        labels['severity'],
        ...receivers.map(({ name }) => name),
        ...(status.inhibitedBy.length > 0 ? ['inhibited'] : []),
      ].join(' '),
    )
    .toSorted();
}

for (const flavor of ['packaged', 'built'] as const) {
  test(`amtool (${flavor}) takes deploy/alertmanager.yml, and no planted mistake`, async (t) => {
    const amtool = await findAmtool(flavor);
    if (typeof amtool !== 'string') return t.skip(amtool.missing);
    assert.match(await run(amtool, 'check-config', 'deploy/alertmanager.yml'), /SUCCESS/);
    await assert.rejects(run(amtool, 'check-config', 'deploy/prometheus.yml'), /FAILED/);
  });

  test(`Alertmanager (${flavor}) starts with the file: pages and tickets part, a page silences its ticket`, async (t) => {
    const engine = await startAlertmanager({ flavor, config: readText('deploy/alertmanager.yml') });
    if (isMissing(engine)) return t.skip(engine.missing);
    await using alertmanager = engine;
    const alert = (service: string, severity: string): object => ({
      labels: { alertname: 'Burn', service, slo_id: `${service}/availability`, severity },
    });
    const body = [alert('quotes', 'page'), alert('quotes', 'ticket'), alert('billing', 'ticket')];
    await send(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', body });
    // What inhibits is taken in after the answer to what was sent.
    const rows = await until(
      'an inhibited alert',
      async () => {
        const found = await shownAlerts(alertmanager.url);
        return found.some((row) => row.endsWith('inhibited')) && found;
      },
      { timeoutMs: INHIBITED_MS_MAX },
    );
    assert.deepEqual(rows, [
      'billing ticket tickets',
      'quotes page on-call',
      'quotes ticket tickets inhibited',
    ]);
    const amtool = await findAmtool(flavor);
    const [, , , ...words] = composeService('alertmanager').healthcheck?.test ?? [];
    assert.deepEqual(words, ['config', 'show']);
    if (typeof amtool === 'string')
      assert.match(await run(amtool, `--alertmanager.url=${alertmanager.url}`, ...words), /on-call/);
  });
}

/** Where it stands; the starter has its own, and Kafka has to be on loopback here. */
const OF_THE_CONTAINER =
  /^(?:node\.id|log\.dirs|listeners|advertised\.listeners|controller\.quorum\.voters)$/;

test('Kafka starts with the properties that the compose file’s environment becomes', async (t) => {
  const all = Object.entries(kafkaProperties(composeService('kafka')));
  const properties = Object.fromEntries(all.filter(([name]) => !OF_THE_CONTAINER.test(name)));
  assert.equal(all.length - Object.keys(properties).length, 5);
  assert.equal(properties['transaction.state.log.min.isr'], '1');
  const engine = await startKafka({ properties });
  if (isMissing(engine)) return t.skip(engine.missing);
  await engine[Symbol.asyncDispose]();
});
