/** What exports: our collector and the OpenTelemetry Collector, with the same settings where both have them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import { startCollector } from '#bench/collector.ts';
import { startProgramPinned, stop } from '#bench/processes.ts';
import { findBuilt } from '#test/engines/built.ts';
import type { Missing } from '#test/engines/engine.ts';
import { freePort } from '#test/engines/ports.ts';

const READY_MS_MAX = 20_000;
const POLL_MS = 50;

export interface Sender {
  readonly pid: number;
  readonly otlpHttp: string;
  stop(): Promise<void>;
}

/** Types of exporters as both spell them, with their settings, where `url` is the destination. */
export interface ExporterPlan {
  readonly signal: 'traces' | 'metrics';
  readonly ours: string;
  readonly oursSettings: (url: string) => object;
  readonly theirs: string;
  readonly theirsSettings: (url: string) => object;
}

/** The same for both: who waited comes back at once, and nothing is given up on a busy machine. */
export const COMMON = {
  timeout: '60s',
  retry_on_failure: { initial_interval: '100ms', max_interval: '500ms', max_elapsed_time: '0s' },
};

export async function startOurs(core: number, plan: ExporterPlan, url: string): Promise<Sender> {
  // JSON is YAML too.
  return startCollector(core, JSON.stringify({ exporters: { [plan.ours]: plan.oursSettings(url) } }));
}

export async function startTheirs(core: number, plan: ExporterPlan, url: string): Promise<Sender | Missing> {
  const program = findBuilt('otelcol');
  if (typeof program !== 'string') return program;
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-otelcol-'));
  const file = join(folder, 'otelcol.yaml');
  const endpoint = `127.0.0.1:${await freePort()}`;
  const config = {
    extensions: { file_storage: { directory: join(folder, 'queue'), create_directory: true } },
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: { [plan.theirs]: plan.theirsSettings(url) },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { [plan.signal]: { receivers: ['otlp'], exporters: [plan.theirs] } },
    },
  };
  writeFileSync(file, JSON.stringify(config));
  const child = startProgramPinned(core, [program, `--config=${file}`]);
  child.stdout?.resume();
  const sender: Sender = {
    pid: present(child.pid, 'it has started'),
    otlpHttp: `http://${endpoint}`,
    async stop() {
      await stop(child);
      rmSync(folder, { recursive: true });
    },
  };
  const endMs = performance.now() + READY_MS_MAX;
  while (!(await listens(sender.otlpHttp))) {
    if (child.exitCode !== null || performance.now() > endMs) {
      await sender.stop();
      throw new Error('the OpenTelemetry Collector did not become ready');
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return sender;
}

async function listens(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
