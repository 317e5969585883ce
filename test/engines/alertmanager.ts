/** A real Alertmanager, alone: no cluster. Debian's, or a newer one that `npm run engines:build` made. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBuilt } from '#test/engines/built.ts';
import { debianProgram } from '#test/engines/debian.ts';
import { runningEngine, type EngineAnswer, type Missing } from '#test/engines/engine.ts';
import { answers, askJson } from '#test/engines/http.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';

const READY_MS_MAX = 60_000;
/** What it says when its API, which may ask for a password, answers. */
const READY_LINE = 'TLS is enabled';
const PROGRAM = 'usr/bin/prometheus-alertmanager';
const CONFIG = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';

type Flavor = 'packaged' | 'built';

export interface AlertmanagerOptions {
  /** `packaged` (0.25 on Debian 12), or `built` (0.34; without its pages). */
  readonly flavor?: Flavor;
  /** Text of `alertmanager.yml`; without it, alerts are kept and nobody is told. */
  readonly config?: string;
  /** A web configuration with TLS, which it reads again for every request: `url` begins with https then. */
  readonly webConfigFile?: string;
}

/** Ready in 0.2 s. With options of the test's own, a server that already runs is passed over. */
export async function startAlertmanager(options: AlertmanagerOptions = {}): Promise<EngineAnswer> {
  const { webConfigFile } = options;
  const isSecured = webConfigFile !== undefined;
  const isOwn = Object.keys(options).length > 0;
  const running = isOwn ? undefined : runningEngine('alertmanager');
  if (running !== undefined) return running;
  const program = await findAlertmanager(options.flavor);
  if (typeof program !== 'string') return program;
  const url = `${isSecured ? 'https' : 'http'}://127.0.0.1:${await freePort()}`;
  const folder = serverFolder('alertmanager');
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, options.config ?? CONFIG);
  return startServer({
    name: 'alertmanager',
    url,
    folder,
    cwd: existsSync(sharedBeside(program)) ? sharedBeside(program) : folder,
    command: [
      program,
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
      ...(isSecured ? [`--web.config.file=${webConfigFile}`] : []),
    ],
    isReady: (log) => (isSecured ? log().includes(READY_LINE) : answers(`${url}/-/ready`)),
    readyMsMax: READY_MS_MAX,
    version: () => (isSecured ? 'unknown' : versionOf(url)),
  });
}

/** `amtool`, which comes with the server: it checks configurations. */
export async function findAmtool(flavor: Flavor = 'packaged'): Promise<string | Missing> {
  const program = await findAlertmanager(flavor);
  return typeof program === 'string' ? join(dirname(program), 'amtool') : program;
}

async function findAlertmanager(flavor: Flavor = 'packaged'): Promise<string | Missing> {
  if (flavor === 'built') return findBuilt('alertmanager');
  return debianProgram({
    names: ['prometheus-alertmanager', 'alertmanager'],
    file: PROGRAM,
    packages: ['prometheus-alertmanager'],
    finish: relocate,
  });
}

/** Debian's build reads its templates from here, and does not start without them. */
const SHARED = '/usr/share/prometheus/alertmanager';

function sharedBeside(program: string): string {
  return join(dirname(program), '..', SHARED.replace('/usr/', ''));
}

/** Not installed, they stand elsewhere: the path in the program becomes the working folder, in as many bytes. */
function relocate(folder: string): void {
  const file = join(folder, PROGRAM);
  const bytes = readFileSync(file, 'latin1');
  const here = './'.repeat(SHARED.length / 2);
  writeFileSync(file, bytes.replaceAll(SHARED, here), 'latin1');
}

async function versionOf(url: string): Promise<string> {
  const answer = await askJson<{ versionInfo: { version: string } }>(`${url}/api/v2/status`);
  return answer?.versionInfo.version ?? 'unknown';
}
