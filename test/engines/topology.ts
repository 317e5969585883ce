/**
 * The shape of `docker-compose.yml` as plain processes: the demo on a real Kafka,
 * Elasticsearch, Jaeger on it, Prometheus and Alertmanager, of the versions named there.
 *
 *   npm run start:engines                      the demo, until Ctrl-C
 *   npm run start:engines -- prove --quick     a proof on the same engines
 *
 * Of what has to be built (`npm run engines:build`) and is not, the packaged version is
 * taken. What is missing here is said with its reason, and the embedded engine stands in.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { takeLeash } from '#bin/leash.ts';
import { startAlertmanager } from '#test/engines/alertmanager.ts';
import {
  composeService,
  elasticsearchSettings,
  portableFlags,
  startDeployedJaeger,
} from '#test/engines/deploy.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type Engine, type EngineAnswer, type Missing } from '#test/engines/engine.ts';
import { startJaeger } from '#test/engines/jaeger.ts';
import { startKafka } from '#test/engines/kafka.ts';
import { freePort } from '#test/engines/ports.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'launch.js');

/** What an engine adds to the configuration the demo takes. */
interface Stand {
  readonly name: string;
  readonly engine: Engine | Missing;
  readonly journal?: object;
  readonly storage?: object;
  readonly exporters?: object;
  readonly alertmanagers?: readonly object[];
}

export interface Topology extends AsyncDisposable {
  /** Text of the configuration. */
  readonly config: string;
  /** Where the Alertmanager tells of pages. */
  readonly pagesPort: number;
  /** One line an engine, for people. */
  readonly lines: readonly string[];
  readonly missing: readonly string[];
}

/** @param groupInterval between two notifications of a group: short where windows are */
export async function startTopology(groupInterval: string): Promise<Topology> {
  await using starting = new AsyncDisposableStack();
  const pagesPort = await freePort();
  const stands: Stand[] = [];
  const standing = (stand: Stand): void => {
    if (!isMissing(stand.engine)) starting.use(stand.engine);
    stands.push(stand);
  };
  standing(await kafka());
  const full = await fullElasticsearch();
  standing(await elasticsearch(full));
  standing(await prometheus());
  standing(await jaeger(full));
  standing(await alertmanager(pagesPort, groupInterval));
  const found = stands.filter(({ engine }) => !isMissing(engine));
  const running = starting.move();
  return {
    config: configOf(found),
    pagesPort,
    lines: found.map(({ name, engine }) => (isMissing(engine) ? '' : lineOf(name, engine))),
    missing: stands.flatMap(({ name, engine }) => (isMissing(engine) ? [`${name}: ${engine.missing}`] : [])),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** As in the compose file, or else as packaged. */
async function builtOrPackaged(
  start: (flavor: 'built' | 'packaged') => Promise<EngineAnswer>,
): Promise<EngineAnswer> {
  const built = await start('built');
  return isMissing(built) ? start('packaged') : built;
}

async function kafka(): Promise<Stand> {
  const engine = await startKafka();
  const journal = isMissing(engine) ? {} : { journal: { kafka: { brokers: [engine.url], partitions: 3 } } };
  return { name: 'Kafka', engine, ...journal };
}

function fullElasticsearch(): Promise<EngineAnswer> {
  const settings = elasticsearchSettings(composeService('elasticsearch'));
  return startElasticsearch({ flavor: 'full', settings });
}

/** @param full without it, the bare one */
async function elasticsearch(full: EngineAnswer): Promise<Stand> {
  const name = 'Elasticsearch';
  const engine = isMissing(full) ? await startElasticsearch() : full;
  if (isMissing(engine)) return { name, engine };
  const endpoints = [engine.url];
  return {
    name,
    engine,
    exporters: { elasticsearch: { endpoints } },
    storage: { elasticsearch: { endpoints } },
  };
}

async function prometheus(): Promise<Stand> {
  const name = 'Prometheus';
  const flags = portableFlags(composeService('prometheus'));
  const engine = await builtOrPackaged((flavor) => startPrometheus({ flavor, flags }));
  if (isMissing(engine)) return { name, engine };
  return {
    name,
    engine,
    exporters: { prometheusremotewrite: { endpoint: `${engine.url}/api/v1/write` } },
    storage: { prometheus: { endpoint: engine.url } },
  };
}

/** @param full where it keeps its traces; in memory without it */
async function jaeger(full: EngineAnswer): Promise<Stand> {
  const name = 'Jaeger';
  const engine = await (isMissing(full) ? startJaeger() : startDeployedJaeger(full.url));
  if (isMissing(engine)) return { name, engine };
  return {
    name,
    engine,
    exporters: { 'otlphttp/jaeger': { endpoint: engine.otlpHttp } },
    storage: { jaeger: { endpoint: engine.url } },
  };
}

async function alertmanager(pagesPort: number, groupInterval: string): Promise<Stand> {
  const config = {
    route: {
      receiver: 'demo',
      group_by: ['demo', 'service', 'slo_id'],
      group_wait: '500ms',
      group_interval: groupInterval,
      repeat_interval: '4h',
    },
    receivers: [{ name: 'demo', webhook_configs: [{ url: `http://127.0.0.1:${pagesPort}/page` }] }],
  };
  const name = 'Alertmanager';
  const text = stringify(config);
  const engine = await builtOrPackaged((flavor) => startAlertmanager({ flavor, config: text }));
  if (isMissing(engine)) return { name, engine };
  return { name, engine, alertmanagers: [{ static_configs: [{ targets: [new URL(engine.url).host] }] }] };
}

/** Traces go to Jaeger, and to Elasticsearch as well; metrics and logs have one place each. */
function configOf(stands: readonly Stand[]): string {
  const exporters: Readonly<Record<string, object>> = Object.assign(
    {},
    ...stands.map((stand) => stand.exporters ?? {}),
  );
  const those = (...names: readonly string[]): readonly string[] =>
    names.filter((name) => Object.hasOwn(exporters, name));
  const alertmanagers = stands.flatMap((stand) => stand.alertmanagers ?? []);
  return stringify({
    ...Object.assign({}, ...stands.map(({ journal }) => (journal === undefined ? {} : { journal }))),
    storage: Object.assign({}, ...stands.map(({ storage }) => storage ?? {})),
    exporters,
    service: {
      pipelines: {
        traces: { exporters: those('elasticsearch', 'otlphttp/jaeger') },
        metrics: { exporters: those('prometheusremotewrite') },
        logs: { exporters: those('elasticsearch') },
      },
    },
    ...(alertmanagers.length === 0 ? {} : { alerting: { alertmanagers } }),
  });
}

function lineOf(name: string, { version, url }: Engine): string {
  return `  ${name.padEnd(14)} ${version.padEnd(8)} ${url}`;
}

async function main(argv: readonly string[]): Promise<number> {
  takeLeash();
  const [verb = 'start', ...rest] = argv;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  print('Starting the engines …');
  await using topology = await startTopology(verb === 'start' ? '30s' : '1s');
  topology.lines.forEach(print);
  for (const missing of topology.missing) print(`  without ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-engines-'));
  const file = join(folder, 'engines.yaml');
  writeFileSync(file, topology.config);
  print(`  configuration  ${file}`);
  const flags = ['--config', file, '--pages-port', String(topology.pagesPort)];
  const child = spawn(process.execPath, [LAUNCHER, verb, ...flags, ...rest], { stdio: 'inherit' });
  // A Ctrl-C reaches both; the engines end after what stands on them.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void child.kill(name));
  const code = await new Promise<number>((resolve) => {
    child.once('exit', (exit) => resolve(exit ?? 1));
  });
  rmSync(folder, { recursive: true, force: true });
  return code;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
