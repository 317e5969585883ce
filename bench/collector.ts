/** `plimsoll collector` on one core, with data of its own. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import { startPinned, stop } from '#bench/processes.ts';

const READY_LIMIT_MS = 20_000;
const POLL_MS = 50;

export interface Collector {
  readonly pid: number;
  readonly origin: string;
  /** Where OTLP goes over HTTP: `/v1/traces` and the like stand below it. */
  readonly otlpHttp: string;
  /** Its data goes with it. */
  stop(): Promise<void>;
}

/** @param config text of its configuration file; without it the embedded default */
export async function startCollector(core: number, config?: string): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  const readyFile = join(folder, 'ready.json');
  const configFile = join(folder, 'plimsoll.yaml');
  if (config !== undefined) writeFileSync(configFile, config);
  const child = startPinned(core, [
    join(import.meta.dirname, '..', 'bin', 'launch.js'),
    'collector',
    `--data=${join(folder, 'data')}`,
    '--listen=127.0.0.1:0',
    '--otlp-http=127.0.0.1:0',
    `--ready-file=${readyFile}`,
    ...(config === undefined ? [] : [`--config=${configFile}`]),
  ]);
  child.stdout?.resume();
  const ready = await waitForReady(child, readyFile);
  return {
    ...ready,
    pid: present(child.pid, 'it has started'),
    async stop() {
      await stop(child);
      rmSync(folder, { recursive: true });
    },
  };
}

async function waitForReady(
  child: ChildProcess,
  file: string,
): Promise<Pick<Collector, 'origin' | 'otlpHttp'>> {
  const endMs = performance.now() + READY_LIMIT_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}`);
    try {
      const { origin, otlpHttp } = JSON.parse(readFileSync(file, 'utf8')) as Collector;
      return { origin, otlpHttp };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  await stop(child);
  throw new Error(`the collector was not ready within ${READY_LIMIT_MS / 1000} s`);
}
