/**
 * OTLP spans in, durable, acknowledged: `plimsoll collector` against
 * read-and-discard on the same node:http, in turns within each run. The unit is
 * spans per CPU-second of the server's processes; wall rate and latency stand
 * beside it. What was acknowledged must equal what the server says it accepted.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { invariant, present } from '#base/invariant.ts';
import { startCollector } from '#bench/collector.ts';
import type { BenchOptions, Benchmark, Findings, Series } from '#bench/harness.ts';
import { measureLoad, type Measured } from '#bench/load.ts';
import { startPinned, stop } from '#bench/processes.ts';
import { METRICS } from '#signals/registry.ts';

const CONNECTIONS = 32;
const SPANS_PER_REQUEST = [100, 1000] as const;
const SERVER_CORE = 0;
const GENERATOR_CORE = 1;
const TRACES_PATH = '/v1/traces';

interface Server {
  readonly name: string;
  readonly pid: number;
  /** Where spans go. */
  readonly url: string;
  /** Spans accepted since its start; undefined if it does not count. */
  accepted(): Promise<number | undefined>;
  stop(): Promise<void>;
}

export const otlpIngest: Benchmark = {
  name: 'otlp-ingest',
  about: 'OTLP/HTTP spans in, durable, acknowledged; beside it read-and-discard',
  run,
};

async function run(options: BenchOptions): Promise<Findings> {
  const servers = [await startOurs(), await startReference()];
  try {
    const found = new Map<string, Measured[]>();
    for (let round = 0; round < options.runs; round += 1) {
      for (const spans of SPANS_PER_REQUEST) {
        for (const server of servers) {
          const variant = `${server.name} @${spans}`;
          const measured = await measureChecked(server, spans, options);
          found.set(variant, [...(found.get(variant) ?? []), measured]);
          process.stderr.write(`run ${round + 1}/${options.runs}: ${variant}\n`);
        }
      }
    }
    return { config: { connections: CONNECTIONS, payload: 'A' }, series: toSeries(found) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** A run whose output is wrong does not count: it throws. */
async function measureChecked(server: Server, spans: number, options: BenchOptions): Promise<Measured> {
  const { warmUpMs, windowMs } = options;
  const before = await server.accepted();
  const measured = await measureLoad(GENERATOR_CORE, server.pid, {
    url: server.url,
    connections: CONNECTIONS,
    spans,
    warmUpMs,
    windowMs,
  });
  const after = await server.accepted();
  if (before !== undefined && after !== undefined) {
    const accepted = after - before;
    invariant(
      accepted === measured.ackedTotal,
      `${server.name}: ${measured.ackedTotal} spans acknowledged, ${accepted} accepted by its own count`,
    );
  }
  return measured;
}

function toSeries(found: ReadonlyMap<string, readonly Measured[]>): Series[] {
  const perCpuSecond = ({ ackedInWindow, cpuSeconds }: Measured): number => ackedInWindow / cpuSeconds;
  return [...found].map(([variant, runs]) => {
    const reference = found.get(variant.replace(/^\S+/, 'read-and-discard')) ?? runs;
    return {
      variant,
      figures: {
        'spans per CPU-second': runs.map(perCpuSecond),
        'share of read-and-discard': runs.map(
          (measured, index) =>
            perCpuSecond(measured) / perCpuSecond(present(reference[index], 'variants take turns')),
        ),
        'spans per second': runs.map(({ ackedInWindow, windowMs }) => (ackedInWindow / windowMs) * 1000),
        'ack p50 ms': runs.map(({ latencyMsP50 }) => latencyMsP50),
        'ack p99 ms': runs.map(({ latencyMsP99 }) => latencyMsP99),
        'refused requests': runs.map(({ statuses }) => refused(statuses)),
      },
    };
  });
}

function refused(statuses: Readonly<Record<string, number>>): number {
  return Object.entries(statuses).reduce((sum, [status, count]) => (status === '200' ? sum : sum + count), 0);
}

async function startOurs(): Promise<Server> {
  const collector = await startCollector(SERVER_CORE);
  return {
    name: 'plimsoll',
    pid: collector.pid,
    url: collector.otlpHttp + TRACES_PATH,
    accepted: () => acceptedSpans(`${collector.origin}/metrics`),
    stop: () => collector.stop(),
  };
}

/** Sum over all label values, from the text exposition. */
async function acceptedSpans(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const { name } = METRICS.acceptedSpans;
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

async function startReference(): Promise<Server> {
  const child = startPinned(SERVER_CORE, [join(import.meta.dirname, 'reference-server.ts')]);
  const lines = createInterface({ input: present(child.stdout, 'stdout is a pipe') });
  const [line] = (await new Promise((resolve) => lines.once('line', (text) => resolve([text])))) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    name: 'read-and-discard',
    pid: present(child.pid, 'it has started'),
    url: url + TRACES_PATH,
    accepted: () => Promise.resolve(undefined),
    stop: () => stop(child),
  };
}
