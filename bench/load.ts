/** Runs the generator against a server and measures the CPU the server used in its window. */
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import { startPinned } from '#bench/processes.ts';

export interface LoadSettings {
  readonly url: string;
  readonly connections: number;
  /** Spans a request. */
  readonly spans: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface LoadReport {
  /** Spans acknowledged from the first request on. */
  readonly ackedTotal: number;
  readonly ackedInWindow: number;
  readonly windowMs: number;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly bodyBytes: number;
}

export interface Measured extends LoadReport {
  /** User and system time of the server's process tree within the window. */
  readonly cpuSeconds: number;
}

/** @param serverPid root of the process tree under test */
export async function measureLoad(
  core: number,
  serverPid: number,
  settings: LoadSettings,
): Promise<Measured> {
  const generator = startPinned(core, [join(import.meta.dirname, 'generator.ts'), JSON.stringify(settings)]);
  let cpuSeconds = 0;
  let report: LoadReport | undefined;
  const ended = new Promise<number | null>((resolve) => generator.once('close', resolve));
  for await (const line of createInterface({ input: present(generator.stdout, 'stdout is a pipe') })) {
    if (line === 'begin') cpuSeconds = -cpuSecondsOfTree(serverPid);
    else if (line === 'end') cpuSeconds += cpuSecondsOfTree(serverPid);
    else report = JSON.parse(line) as LoadReport;
  }
  const code = await ended;
  if (code !== 0 || report === undefined) throw new Error(`the generator ended with ${code}`);
  return { ...report, cpuSeconds };
}
