/**
 * Exporters: the same items wait at ours and at a peer while the destination is
 * away, then each drains them into the same server. The unit is what one CPU-second
 * of the exporting process brings there; the server's own is not counted.
 */
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import {
  startElasticsearchBare,
  startPrometheusEmpty,
  startSink,
  type Destination,
} from '#bench/exporters/destinations.ts';
import { drain, type Drained } from '#bench/exporters/drain.ts';
import type { BulkPlan } from '#bench/exporters/bulk-client.ts';
import { pointLoad, spanLoad, type Load } from '#bench/exporters/payload.ts';
import { COMMON, startOurs, startTheirs, type ExporterPlan } from '#bench/exporters/senders.ts';
import type { BenchOptions, Benchmark, Findings } from '#bench/harness.ts';
import { pin, startPinned } from '#bench/processes.ts';
import { isMissing, type Missing } from '#test/engines/engine.ts';

const SENDER_CORE = 0;
/** Of the destination, and of this process, which fills and counts. */
const OTHER_CORE = 1;
const BULK_BYTES = 5_000_000;
const BULK_REQUESTS = 2;
const QUEUE_ON_DISK = { storage: 'file_storage', queue_size: 1_000_000, num_consumers: 10 };

export const exporters: Benchmark = {
  name: 'exporters',
  about: 'a backlog drained into a sink, Prometheus and Elasticsearch, beside a peer',
  run,
};

/** Both ways into one destination. */
interface Pairing {
  readonly exporter: string;
  readonly peer: string;
  /** Items for each second of the window: about what a core does. */
  readonly itemsPerSecond: number;
  readonly config: Readonly<Record<string, unknown>>;
  open(): Promise<Destination | Missing>;
  ours(destination: Destination, items: number): Promise<Drained>;
  theirs(destination: Destination, items: number): Promise<Drained>;
}

const otlp: ExporterPlan = {
  signal: 'traces',
  ours: 'otlphttp',
  oursSettings: (endpoint) => ({ endpoint, ...COMMON }),
  theirs: 'otlp_http',
  theirsSettings: (endpoint) => ({
    endpoint,
    compression: 'gzip',
    // Ours packs at the fastest level, always.
    compression_params: { level: 1 },
    ...COMMON,
    sending_queue: QUEUE_ON_DISK,
  }),
};

const remoteWrite: ExporterPlan = {
  signal: 'metrics',
  ours: 'prometheusremotewrite',
  oursSettings: (url) => remoteWriteSettings(url),
  theirs: 'prometheus_remote_write',
  theirsSettings: (url) => ({ ...remoteWriteSettings(url), remote_write_queue: { queue_size: 1_000_000 } }),
};

function remoteWriteSettings(url: string): object {
  return {
    endpoint: `${url}/api/v1/write`,
    ...COMMON,
    target_info: { enabled: false },
    send_metadata: false,
    protobuf_message: 'prometheus.WriteRequest',
  };
}

const bulk: ExporterPlan = {
  signal: 'traces',
  ours: 'elasticsearch',
  oursSettings: (endpoint) => ({
    endpoint,
    compression: 'none',
    flush: { bytes: BULK_BYTES },
    num_workers: BULK_REQUESTS,
    ...COMMON,
  }),
  theirs: '',
  theirsSettings: () => ({}),
};

const PAIRINGS: readonly Pairing[] = [
  {
    exporter: 'otlphttp',
    peer: 'otelcol',
    itemsPerSecond: 100_000,
    config: { payload: 'A', compression: 'gzip 1', peerQueue: 'file_storage, 10 requests in flight' },
    open: startSink,
    ...collectors(otlp, spanLoad),
  },
  {
    exporter: 'prometheusremotewrite',
    peer: 'otelcol',
    itemsPerSecond: 50_000,
    config: { payload: 'M', protocol: '1.0', peerQueue: 'in memory: it has none on disk' },
    open: startPrometheusEmpty,
    ...collectors(remoteWrite, pointLoad),
  },
  {
    exporter: 'elasticsearch',
    peer: 'client',
    itemsPerSecond: 10_000,
    config: {
      payload: 'A',
      compression: 'none',
      bulkBytes: BULK_BYTES,
      requestsInFlight: BULK_REQUESTS,
      peer: "the bulk helper of Elasticsearch's client, given documents that are ready: no journal, nothing to decode",
    },
    open: startElasticsearchBare,
    ours: collectors(bulk, spanLoad).ours,
    theirs: ({ url }, items) => bulkClient({ url, items }),
  },
];

function collectors(plan: ExporterPlan, loadOf: (items: number) => Load): Pick<Pairing, 'ours' | 'theirs'> {
  return {
    ours: (destination, items) =>
      drain(destination, loadOf(items), (url) => startOurs(SENDER_CORE, plan, url)),
    theirs: (destination, items) =>
      drain(destination, loadOf(items), async (url) => {
        const sender = await startTheirs(SENDER_CORE, plan, url);
        if (isMissing(sender)) throw new Error(sender.missing);
        return sender;
      }),
  };
}

let streams = 0;

async function bulkClient({
  url,
  items,
}: {
  readonly url: string;
  readonly items: number;
}): Promise<Drained> {
  streams += 1;
  const plan: BulkPlan = {
    url,
    // Under the templates that ours has put there.
    index: `traces-bench${streams}.otel-default`,
    items,
    requestBytes: BULK_BYTES,
    requests: BULK_REQUESTS,
  };
  const file = join(import.meta.dirname, 'exporters', 'bulk-client.ts');
  const child = startPinned(SENDER_CORE, [file, JSON.stringify(plan)]);
  let drained: Drained | undefined;
  for await (const line of createInterface({ input: present(child.stdout, 'stdout is a pipe') })) {
    drained = JSON.parse(line) as Drained;
  }
  if (drained?.items !== items) throw new Error(`the client stored ${drained?.items} of ${items} documents`);
  return drained;
}

async function run(options: BenchOptions): Promise<Findings> {
  pin(OTHER_CORE, process.pid);
  const found: Findings[] = [];
  for (const pairing of PAIRINGS) found.push(await measure(pairing, options));
  return {
    config: Object.fromEntries(PAIRINGS.map(({ exporter }, index) => [exporter, found[index]?.config])),
    series: found.flatMap(({ series }) => series),
  };
}

async function measure(pairing: Pairing, { runs, windowMs }: BenchOptions): Promise<Findings> {
  const { exporter, peer, itemsPerSecond } = pairing;
  const items = Math.round((itemsPerSecond * windowMs) / 1000);
  const [ours, theirs]: [Drained[], Drained[]] = [[], []];
  const destination = await pairing.open();
  if (isMissing(destination)) return { config: { missing: destination.missing }, series: [] };
  await using _open = destination;
  if (destination.pid !== undefined) pin(OTHER_CORE, destination.pid);
  for (let round = 0; round < runs; round += 1) {
    ours.push(await pairing.ours(destination, items));
    theirs.push(await pairing.theirs(destination, items));
    process.stderr.write(`run ${round + 1}/${runs}: ${exporter}\n`);
  }
  return {
    config: { ...pairing.config, destination: destination.name, items },
    series: [
      { variant: `${exporter}, plimsoll`, figures: figuresOf(ours, theirs) },
      { variant: `${exporter}, ${peer}`, figures: figuresOf(theirs, theirs) },
    ],
  };
}

function figuresOf(runs: readonly Drained[], peers: readonly Drained[]): Record<string, number[]> {
  const perCpuSecond = ({ items, cpuSeconds }: Drained): number => items / cpuSeconds;
  return {
    'items per CPU-second': runs.map(perCpuSecond),
    'share of the peer': runs.map(
      (one, index) => perCpuSecond(one) / perCpuSecond(present(peers[index], 'they take turns')),
    ),
    'items/s': runs.map(({ items, seconds }) => items / seconds),
  };
}
