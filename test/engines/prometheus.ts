/** A real Prometheus: Debian's, or a newer one that `npm run engines:build` made. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBuilt } from '#test/engines/built.ts';
import { debianProgram } from '#test/engines/debian.ts';
import { runningEngine, type EngineAnswer, type Missing } from '#test/engines/engine.ts';
import { answers, askJson } from '#test/engines/http.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';

const READY_MS_MAX = 60_000;
/** What it says when its API, which may ask for a password, answers. */
const READY_LINE = 'Server is ready to receive web requests';
const CONFIG = 'global: {scrape_interval: 1s, evaluation_interval: 1s}\n';

type Flavor = 'packaged' | 'built';

export interface PrometheusOptions {
  /** `packaged` (2.42 on Debian 12), or `built` (3.14; takes OTLP too). */
  readonly flavor?: Flavor;
  /** Text of `prometheus.yml`; without it, it waits for remote writes. */
  readonly config?: string;
  /** Further flags: `--enable-feature=…`. Remote writes are taken in any case. */
  readonly flags?: readonly string[];
  /** A web configuration with TLS, which it reads again for every request: `url` begins with https then. */
  readonly webConfigFile?: string;
}

/** Ready in 0.2 s. With options of the test's own, a server that already runs is passed over. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<EngineAnswer> {
  const { flavor = 'packaged', config = CONFIG, flags = [] } = options;
  const isOwn = Object.keys(options).length > 0;
  const running = isOwn ? undefined : runningEngine('prometheus');
  if (running !== undefined) return running;
  const program = await findPrometheus(flavor);
  if (typeof program !== 'string') return program;
  const { webConfigFile } = options;
  const isSecured = webConfigFile !== undefined;
  const url = `${isSecured ? 'https' : 'http'}://127.0.0.1:${await freePort()}`;
  const folder = serverFolder('prometheus');
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  return startServer({
    name: 'prometheus',
    url,
    folder,
    command: [
      program,
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--web.enable-remote-write-receiver',
      '--web.enable-lifecycle',
      ...(flavor === 'built' ? ['--web.enable-otlp-receiver'] : []),
      ...(isSecured ? [`--web.config.file=${webConfigFile}`] : []),
      ...flags,
    ],
    isReady: (log) => (isSecured ? log().includes(READY_LINE) : answers(`${url}/-/ready`)),
    readyMsMax: READY_MS_MAX,
    version: () => (isSecured ? 'unknown' : versionOf(url)),
  });
}

/** `promtool`, which comes with the server: it checks rules, configurations and metrics. */
export async function findPromtool(flavor: Flavor = 'packaged'): Promise<string | Missing> {
  const program = await findPrometheus(flavor);
  return typeof program === 'string' ? join(dirname(program), 'promtool') : program;
}

async function findPrometheus(flavor: Flavor): Promise<string | Missing> {
  if (flavor === 'built') return findBuilt('prometheus');
  return debianProgram({ names: ['prometheus'], file: 'usr/bin/prometheus', packages: ['prometheus'] });
}

async function versionOf(url: string): Promise<string> {
  const answer = await askJson<{ data: { version: string } }>(`${url}/api/v1/status/buildinfo`);
  return answer?.data.version ?? 'unknown';
}
