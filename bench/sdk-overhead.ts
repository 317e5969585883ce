/**
 * What telemetry costs a service: the same Express service bare, with our SDK as
 * published, and with OpenTelemetry's own set-up and defaults, in turns within
 * each run, at the same fixed rate. The unit is CPU time of the service a request; start and memory
 * stand beside it. Ours does more for it: besides the spans a histogram with
 * exemplars, and the log line with ids, sent as OTLP.
 */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { invariant, present } from '#base/invariant.ts';
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import type { Benchmark, BenchOptions, Findings, Series } from '#bench/harness.ts';
import { startPinned, stop } from '#bench/processes.ts';
import type { AskReport, AskSettings } from '#bench/sdk-overhead/generator.ts';
import { residentBytes } from '#test/support/processes.ts';

const CONNECTIONS_MAX = 32;
/** What the slowest variant still answers with ease. */
const REQUESTS_PER_SECOND = 1000;
const SERVICE_CORE = 0;
const OTHERS_CORE = 1;
const ROOT = join(import.meta.dirname, '..');
const MIB = 1024 * 1024;

interface Variant {
  readonly name: string;
  /** Flags of Node in front of the service. */
  readonly flags: (folder: string) => readonly string[];
  readonly args: readonly string[];
}

const VARIANTS: readonly Variant[] = [
  { name: 'bare', flags: () => [], args: [] },
  { name: '@plimsoll/sdk', flags: () => ['--import', '@plimsoll/sdk/register'], args: ['plimsoll'] },
  { name: 'OpenTelemetry', flags: (folder) => ['--import', join(folder, 'stock.mjs')], args: [] },
];

interface Measured {
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly startMs: number;
  readonly startMiB: number;
  readonly loadedMiB: number;
}

export const sdkOverhead: Benchmark = {
  name: 'sdk-overhead',
  about: 'CPU a request, start and memory of an Express service: bare, with our SDK, with OpenTelemetry’s',
  run,
};

async function run(options: BenchOptions): Promise<Findings> {
  const folder = installed();
  const sink = startPinned(OTHERS_CORE, [join(import.meta.dirname, 'reference-server.ts')]);
  try {
    const { url: collector } = JSON.parse(await firstLine(sink, '{')) as { url: string };
    const found = new Map<string, Measured[]>(VARIANTS.map(({ name }) => [name, []]));
    for (let round = 0; round < options.runs; round += 1) {
      for (const variant of VARIANTS) {
        found.get(variant.name)?.push(await measure(variant, { folder, collector, options }));
        process.stderr.write(`run ${round + 1}/${options.runs}: ${variant.name}\n`);
      }
    }
    return {
      config: { requestsPerSecond: REQUESTS_PER_SECOND, connectionsMax: CONNECTIONS_MAX },
      series: toSeries(found),
    };
  } finally {
    await stop(sink);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder as a user has it: the package built, everything else as installed here. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-sdk-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@plimsoll'), { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'sdk', 'build.ts'), join(modules, '@plimsoll', 'sdk')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@plimsoll') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const name of ['service.mjs', 'stock.mjs']) {
    cpSync(join(import.meta.dirname, 'sdk-overhead', name), join(folder, name));
  }
  return folder;
}

interface Place {
  readonly folder: string;
  readonly collector: string;
  readonly options: BenchOptions;
}

async function measure(
  { flags, args, name }: Variant,
  { folder, collector, options }: Place,
): Promise<Measured> {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector;
  process.env['OTEL_SERVICE_NAME'] = 'bench';
  const service = startPinned(SERVICE_CORE, [...flags(folder), join(folder, 'service.mjs'), ...args], folder);
  try {
    const { url, startMs } = JSON.parse(await firstLine(service, '{"ready"')) as {
      url: string;
      startMs: number;
    };
    const pid = present(service.pid, 'it has started');
    const startMiB = residentBytes(pid) / MIB;
    const { warmUpMs, windowMs } = options;
    const load = await ask(pid, {
      url,
      connectionsMax: CONNECTIONS_MAX,
      requestsPerSecond: REQUESTS_PER_SECOND,
      warmUpMs,
      windowMs,
    });
    invariant(load.failed === 0, `${name}: ${load.failed} requests failed`);
    return {
      cpuMicros: (load.cpuSeconds * 1e6) / load.answered,
      perSecond: (load.answered / load.windowMs) * 1000,
      startMs,
      startMiB,
      loadedMiB: residentBytes(pid) / MIB,
    };
  } finally {
    await stop(service);
  }
}

async function ask(pid: number, settings: AskSettings): Promise<AskReport & { readonly cpuSeconds: number }> {
  const generator = startPinned(OTHERS_CORE, [
    join(import.meta.dirname, 'sdk-overhead', 'generator.ts'),
    JSON.stringify(settings),
  ]);
  let cpuSeconds = 0;
  let report: AskReport | undefined;
  const ended = new Promise((resolve) => generator.once('close', resolve));
  for await (const line of createInterface({ input: present(generator.stdout, 'stdout is a pipe') })) {
    if (line === 'begin') cpuSeconds = -cpuSecondsOfTree(pid);
    else if (line === 'end') cpuSeconds += cpuSecondsOfTree(pid);
    else report = JSON.parse(line) as AskReport;
  }
  await ended;
  return { ...present(report, 'the generator reports before it ends'), cpuSeconds };
}

/** The first line that begins so; the rest is read and thrown away. */
function firstLine(child: ChildProcess, beginning: string): Promise<string> {
  const lines = createInterface({ input: present(child.stdout, 'stdout is a pipe') });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
    const onLine = (line: string): void => {
      if (!line.startsWith(beginning)) return;
      lines.close();
      child.stdout?.resume();
      resolve(line);
    };
    lines.on('line', onLine);
  });
}

function toSeries(found: ReadonlyMap<string, readonly Measured[]>): Series[] {
  const bare = found.get('bare') ?? [];
  return [...found].map(([variant, runs]) => ({
    variant,
    figures: {
      'CPU µs a request': runs.map(({ cpuMicros }) => cpuMicros),
      'µs above bare': runs.map(
        ({ cpuMicros }, index) => cpuMicros - present(bare[index], 'variants take turns').cpuMicros,
      ),
      'requests a second': runs.map(({ perSecond }) => perSecond),
      'start ms': runs.map(({ startMs }) => startMs),
      'RSS MiB at start': runs.map(({ startMiB }) => startMiB),
      'RSS MiB after load': runs.map(({ loadedMiB }) => loadedMiB),
    },
  }));
}
