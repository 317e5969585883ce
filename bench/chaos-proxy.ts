/**
 * What the proxy between two services costs while it does nothing: a direct
 * connection against one through the proxy, in turns within each run. Both ends
 * of the connection are one process, so the direct one never wakes another core.
 * Through a proxy on a core of its own each way wakes one twice; with all on one
 * core what is left is the work itself.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { present } from '#base/invariant.ts';
import type { EndsReport, EndsSettings } from '#bench/chaos-proxy/ends.ts';
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import type { BenchOptions, Benchmark, Findings, Series } from '#bench/harness.ts';
import { startPinned, stop } from '#bench/processes.ts';

const PROXY_CORE = 0;
const ENDS_CORE = 1;
const ROUND_TRIPS = 20_000;

interface Measured extends EndsReport {
  /** Of the proxy within the window of the throughput. */
  readonly cpuSeconds: number;
}

export const chaosProxy: Benchmark = {
  name: 'chaos-proxy',
  about: 'bytes through a proxy without toxics; beside it a direct connection',
  run,
};

async function run(options: BenchOptions): Promise<Findings> {
  const proxy = startPinned(PROXY_CORE, [
    join(import.meta.dirname, '..', 'chaos', 'proxy', 'main.ts'),
    '--control=127.0.0.1:0',
  ]);
  try {
    const { control } = JSON.parse(await firstLine(proxy)) as { control: string };
    const direct: Measured[] = [];
    const apart: Measured[] = [];
    const together: Measured[] = [];
    for (let round = 0; round < options.runs; round += 1) {
      direct.push(await measure(proxy, { core: ENDS_CORE }, options));
      apart.push(await measure(proxy, { core: ENDS_CORE, control }, options));
      together.push(await measure(proxy, { core: PROXY_CORE, control }, options));
      process.stderr.write(`run ${round + 1}/${options.runs}\n`);
    }
    const through = (runs: readonly Measured[]): Series['figures'] => ({
      ...figuresOf(runs),
      ...differences(direct, runs, options),
    });
    return {
      config: { roundTrips: ROUND_TRIPS, chunkBytes: 65_536, connections: 1 },
      series: [
        { variant: 'direct', figures: figuresOf(direct) },
        { variant: 'proxy on its own core', figures: through(apart) },
        { variant: 'all on one core', figures: through(together) },
      ],
    };
  } finally {
    await stop(proxy);
  }
}

function figuresOf(runs: readonly Measured[]): Record<string, number[]> {
  return {
    'round trip µs p50': runs.map(({ roundTripMicrosP50 }) => roundTripMicrosP50),
    'round trip µs p99': runs.map(({ roundTripMicrosP99 }) => roundTripMicrosP99),
    'MB per second': runs.map(({ megabytesPerSecond }) => megabytesPerSecond),
  };
}

function differences(
  direct: readonly Measured[],
  proxied: readonly Measured[],
  { windowMs }: BenchOptions,
): Record<string, number[]> {
  const pairs = proxied.map(
    (through, index) => [through, present(direct[index], 'they take turns')] as const,
  );
  return {
    'added µs p50': pairs.map(([through, past]) => through.roundTripMicrosP50 - past.roundTripMicrosP50),
    'MB per CPU-second of the proxy': proxied.map(
      ({ megabytesPerSecond, cpuSeconds }) => (megabytesPerSecond * windowMs) / 1000 / cpuSeconds,
    ),
  };
}

async function measure(
  proxy: ChildProcess,
  { core, control }: { readonly core: number; readonly control?: string },
  { warmUpMs, windowMs }: BenchOptions,
): Promise<Measured> {
  const proxyPid = present(proxy.pid, 'it has started');
  const settings: EndsSettings = { control, roundTrips: ROUND_TRIPS, warmUpMs, windowMs };
  const ends = startPinned(core, [
    join(import.meta.dirname, 'chaos-proxy', 'ends.ts'),
    JSON.stringify(settings),
  ]);
  let cpuSeconds = 0;
  let report: EndsReport | undefined;
  for await (const line of createInterface({ input: present(ends.stdout, 'stdout is a pipe') })) {
    if (line === 'begin') cpuSeconds = -cpuSecondsOfTree(proxyPid);
    else if (line === 'end') cpuSeconds += cpuSecondsOfTree(proxyPid);
    else report = JSON.parse(line) as EndsReport;
  }
  if (report === undefined) throw new Error('the ends of the connection ended without a report');
  return { ...report, cpuSeconds };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: present(child.stdout, 'stdout is a pipe') });
  return await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('the proxy ended before it was ready')));
  });
}
