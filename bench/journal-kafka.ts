/**
 * The journal on a real Kafka: records in, confirmed by the broker, and out again.
 * The unit is what one CPU-second of our process does; the broker's own is not
 * counted. Each reader reads what the writer of its round wrote.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { present } from '#base/invariant.ts';
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import type { BenchOptions, Benchmark, Findings } from '#bench/harness.ts';
import { startPinned } from '#bench/processes.ts';
import { isMissing, type Engine } from '#test/engines/engine.ts';
import { kafkaConfig } from '#test/engines/kafka-journal.ts';
import type { KafkaLoad, KafkaLoadReport } from '#test/engines/kafka-load-child.ts';
import { startKafka } from '#test/engines/kafka.ts';

const CHILD = join(import.meta.dirname, '..', 'test', 'engines', 'kafka-load-child.ts');
const OUR_CORE = 0;
const IN_FLIGHT = 64;
/** 48 KB and 477 KB. */
const SPANS_PER_RECORD = [100, 1000] as const;
/** A reader's window is short: it must not come to the end of what was written. */
const READ_WINDOW_SHARE = 0.25;

interface Measured extends KafkaLoadReport {
  readonly cpuSeconds: number;
}

export const journalKafka: Benchmark = {
  name: 'journal-kafka',
  about: 'records into a real Kafka, confirmed, and out again',
  run,
};

async function run(options: BenchOptions): Promise<Findings> {
  const kafka = await startKafka();
  if (isMissing(kafka)) return { config: { missing: kafka.missing }, series: [] };
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-kafka-'));
  try {
    const found = new Map<string, Measured[]>();
    for (let round = 0; round < options.runs; round += 1) {
      for (const spans of SPANS_PER_RECORD) {
        const shared = settings(kafka, join(folder, `${round}-${spans}`), spans);
        const written = await measure({ ...shared, role: 'write', ...options });
        const read = await measure({ ...shared, role: 'read', ...readOptions(options) });
        for (const [role, measured] of [
          ['write', written],
          ['read', read],
        ] as const) {
          const variant = `${role} @${spans} spans`;
          found.set(variant, [...(found.get(variant) ?? []), measured]);
        }
      }
      process.stderr.write(`run ${round + 1}/${options.runs}\n`);
    }
    return {
      config: { inFlight: IN_FLIGHT, partitions: 3, brokers: 1, acks: 'all', payload: 'A' },
      series: [...found].map(([variant, runs]) => ({ variant, figures: figuresOf(runs) })),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await kafka[Symbol.asyncDispose]();
  }
}

function settings(
  kafka: Engine,
  directory: string,
  spansPerRecord: number,
): Pick<KafkaLoad, 'config' | 'directory' | 'spansPerRecord' | 'inFlight'> {
  return { config: kafkaConfig(kafka), directory, spansPerRecord, inFlight: IN_FLIGHT };
}

/** It begins at once: what was written waits for it. */
function readOptions({ windowMs }: BenchOptions): Pick<KafkaLoad, 'warmUpMs' | 'windowMs'> {
  return { warmUpMs: 0, windowMs: windowMs * READ_WINDOW_SHARE };
}

async function measure(load: KafkaLoad): Promise<Measured> {
  const child = startPinned(OUR_CORE, [CHILD, JSON.stringify(load)]);
  const pid = present(child.pid, 'it has started');
  let cpuSeconds = 0;
  let report: KafkaLoadReport | undefined;
  for await (const line of createInterface({ input: present(child.stdout, 'stdout is a pipe') })) {
    if (line === 'begin') cpuSeconds = -cpuSecondsOfTree(pid);
    else if (line === 'end') cpuSeconds += cpuSecondsOfTree(pid);
    else report = JSON.parse(line) as KafkaLoadReport;
  }
  if (report === undefined) throw new Error('the load ended without a report');
  if (report.records === 0) throw new Error(`nothing was done: ${JSON.stringify(report)}`);
  return { ...report, cpuSeconds };
}

function figuresOf(runs: readonly Measured[]): Record<string, number[]> {
  const megabytes = (run: Measured): number => run.bytes / 1e6;
  return {
    'records/s': runs.map((run) => (run.records * 1000) / run.windowMs),
    'MB/s': runs.map((run) => (megabytes(run) * 1000) / run.windowMs),
    'records per CPU-second': runs.map((run) => run.records / run.cpuSeconds),
    'MB per CPU-second': runs.map((run) => megabytes(run) / run.cpuSeconds),
  };
}
