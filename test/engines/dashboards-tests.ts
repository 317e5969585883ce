/**
 * The boards on the real engines: the demo exports to Prometheus, Elasticsearch
 * and Jaeger and alerts an Alertmanager; every panel is asked there, as with the
 * provisioning of the flavour `engines`.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Engines } from '#bin/demo/engines.ts';
import { builtBoards } from '#dashboards/grafana/files.ts';
import { viewOf } from '#dashboards/grafana/lint/view.ts';
import { startAlertmanager } from '#test/engines/alertmanager.ts';
import { startDeployedJaeger } from '#test/engines/deploy.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type EngineAnswer, type Missing } from '#test/engines/engine.ts';
import { startJaeger, type JaegerEngine } from '#test/engines/jaeger.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';
import { askUntilFull, startBoardsDemo } from '#test/support/boards-demo.ts';
import type { Bases } from '#test/support/grafana-panels.ts';

type Flavor = 'packaged' | 'built';

/** What each engine is to the platform and to Grafana. */
interface Beside {
  readonly exporters?: Engines['exporters'];
  readonly alertmanagers?: readonly object[];
  readonly bases: Bases;
}

/** Starts those that can be had here; the rest is told with its reason. */
async function startEngines(
  t: TestContext,
  flavor: Flavor,
  stack: AsyncDisposableStack,
): Promise<readonly Beside[]> {
  const found: Beside[] = [];
  const prometheus = await startPrometheus({ flavor, flags: ['--enable-feature=exemplar-storage'] });
  if (isMissing(prometheus)) t.diagnostic(`without Prometheus: ${prometheus.missing}`);
  else {
    stack.use(prometheus);
    const endpoint = `${prometheus.url}/api/v1/write`;
    found.push({ exporters: { prometheusremotewrite: { endpoint } }, bases: { prometheus: prometheus.url } });
  }
  const elasticsearch = await startElasticsearch({ flavor: flavor === 'built' ? 'full' : 'bare' });
  if (isMissing(elasticsearch)) t.diagnostic(`without Elasticsearch: ${elasticsearch.missing}`);
  else {
    stack.use(elasticsearch);
    const exporters = { elasticsearch: { endpoints: [elasticsearch.url] } };
    found.push({ exporters, bases: { elasticsearch: elasticsearch.url } });
  }
  const jaeger = await startTraces(flavor, elasticsearch);
  if (isMissing(jaeger)) t.diagnostic(`without Jaeger: ${jaeger.missing}`);
  else {
    stack.use(jaeger);
    found.push({ exporters: { otlphttp: { endpoint: jaeger.otlpHttp } }, bases: { jaeger: jaeger.url } });
  }
  const alertmanager = await startAlertmanager({ flavor });
  if (isMissing(alertmanager)) t.diagnostic(`without Alertmanager: ${alertmanager.missing}`);
  else {
    stack.use(alertmanager);
    found.push({
      alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }],
      bases: { alertmanager: alertmanager.url },
    });
  }
  return found;
}

/** Jaeger keeps its traces where the compose file has them, or in memory. */
function startTraces(flavor: Flavor, elasticsearch: EngineAnswer): Promise<JaegerEngine | Missing> {
  return flavor === 'built' && !isMissing(elasticsearch)
    ? startDeployedJaeger(elasticsearch.url)
    : startJaeger();
}

/**
 * @param flavor `packaged` comes quickly, with Jaeger's traces in memory; `built` is of the
 *   versions of the compose file and joined as there
 * @param unasked panels of which an engine of that flavour cannot answer a query, and why
 */
export function dashboardsTests(
  flavor: Flavor,
  unasked?: { readonly panels: RegExp; readonly because: string },
): void {
  test(`every query of every panel answers with data on the real engines (${flavor})`, async (t) => {
    await using stack = new AsyncDisposableStack();
    const engines = await startEngines(t, flavor, stack);
    if (engines.length === 0) return t.skip('no engine is to be had here');
    const bases: Bases = Object.assign({}, ...engines.map((one) => one.bases));
    const running = stack.use(
      await startBoardsDemo({
        exporters: Object.assign({}, ...engines.map(({ exporters = {} }) => exporters)),
        alertmanagers: engines.flatMap(({ alertmanagers = [] }) => alertmanagers),
      }),
    );
    const boards = builtBoards().map(viewOf);
    if (unasked !== undefined) t.diagnostic(`${unasked.panels.source} are not asked: ${unasked.because}`);
    const isWanted = (where: string): boolean => unasked === undefined || !unasked.panels.test(where);
    const answers = await askUntilFull(t, boards, { running, bases, isWanted });
    assert.deepEqual(
      [...new Set(answers.map(({ source }) => source))].toSorted(),
      Object.keys(bases).toSorted(),
    );
  });
}
