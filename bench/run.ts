/**
 * `npm run bench`: runs the benchmarks, prints a table, writes a JSON result.
 *
 *   npm run bench -- [NAME…] [--runs=5] [--window=4] [--keep]
 */
import { chaosProxy } from '#bench/chaos-proxy.ts';
import { exporters } from '#bench/exporters.ts';
import { writeResult, table, type Benchmark } from '#bench/harness.ts';
import { journalKafka } from '#bench/journal-kafka.ts';
import { otlpIngest } from '#bench/otlp-ingest.ts';
import { stopAll } from '#bench/processes.ts';
import { sdkOverhead } from '#bench/sdk-overhead.ts';

const BENCHMARKS: readonly Benchmark[] = [otlpIngest, sdkOverhead, chaosProxy, journalKafka, exporters];
const RUNS = 5;
const WARM_UP_MS = 1000;
const WINDOW_SECONDS = 4;

function numberFlag(name: string, otherwise: number): number {
  const given = process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const value = Number(given ?? otherwise);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, got ${given}`);
  return value;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) {
    const known = BENCHMARKS.map(({ name, about }) => `  ${name}  ${about}`).join('\n');
    throw new Error(`there is no benchmark ${unknown}; there are:\n${known}`);
  }
  const options = {
    runs: numberFlag('runs', RUNS),
    warmUpMs: WARM_UP_MS,
    windowMs: numberFlag('window', WINDOW_SECONDS) * 1000,
    keep: process.argv.includes('--keep'),
  };
  for (const benchmark of BENCHMARKS) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue;
    const findings = await benchmark.run(options);
    process.stdout.write(
      `\n${benchmark.name}: ${benchmark.about}\nmedian (min … max) of ${options.runs} runs\n\n`,
    );
    process.stdout.write(
      `${table(findings.series)}\n\nwritten to ${writeResult(benchmark.name, findings, options)}\n`,
    );
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
