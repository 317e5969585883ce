/** A real VictoriaMetrics from Debian's package, one node. */
import { join } from 'node:path';
import { debianProgram, packagedVersion, type DebianProgram } from '#test/engines/debian.ts';
import { runningEngine, type EngineAnswer } from '#test/engines/engine.ts';
import { answers, ask } from '#test/engines/http.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';

const PROGRAM: DebianProgram = {
  names: ['victoria-metrics'],
  file: 'usr/bin/victoria-metrics',
  packages: ['victoria-metrics'],
};
const READY_MS_MAX = 60_000;

export interface VictoriaMetricsOptions {
  readonly flags?: readonly string[];
}

/** Ready in 0.2 s. A sample is found at once: by default the newest 30 s are held back. */
export async function startVictoriaMetrics(options: VictoriaMetricsOptions = {}): Promise<EngineAnswer> {
  const running = options.flags === undefined ? runningEngine('victoriametrics') : undefined;
  if (running !== undefined) return running;
  const program = await debianProgram(PROGRAM);
  if (typeof program !== 'string') return program;
  const url = `http://127.0.0.1:${await freePort()}`;
  const folder = serverFolder('victoriametrics');
  return startServer({
    name: 'victoriametrics',
    url,
    folder,
    command: [
      program,
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=${new URL(url).host}`,
      '-search.latencyOffset=0s',
      ...(options.flags ?? []),
    ],
    isReady: () => answers(`${url}/health`),
    readyMsMax: READY_MS_MAX,
    // Debian's build has forgotten its own.
    version: async () => (await versionOf(url)) ?? packagedVersion(program, PROGRAM) ?? 'unknown',
  });
}

async function versionOf(url: string): Promise<string | undefined> {
  const metrics = (await ask(`${url}/metrics`)) ?? '';
  return /^vm_app_version\{.*short_version="v?([^"]+)"/m.exec(metrics)?.[1];
}
