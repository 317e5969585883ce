/** Repeated runs, medians, where and on what it was measured, and the result file. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { CAN_PIN } from '#bench/processes.ts';

const RESULTS = join(import.meta.dirname, 'results');

export interface BenchOptions {
  /** Each variant is measured this often, the variants taking turns. */
  readonly runs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(options: BenchOptions): Promise<Findings>;
}

/** One measured variant: figures by name, one value a run. */
export interface Series {
  readonly variant: string;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export interface Findings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly series: readonly Series[];
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** What a figure without its machine would hide. */
function circumstances(): Record<string, unknown> {
  return {
    date: new Date().toISOString(),
    commit: git(['rev-parse', 'HEAD']),
    uncommitted: git(['status', '--porcelain']) !== '',
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    pinned: CAN_PIN ? 'server on core 0, generator on core 1' : 'no: taskset is not there',
  };
}

function git(args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/**
 * Writes the result and returns its path. Kept ones carry date and commit in
 * their name and belong into a commit; the others are local and ignored by git.
 */
export function writeResult(
  name: string,
  findings: Findings,
  options: BenchOptions & { readonly keep: boolean },
): string {
  const where = circumstances();
  const series = findings.series.map(({ variant, figures }) => ({
    variant,
    figures: Object.fromEntries(
      Object.entries(figures).map(([figure, runs]) => [figure, { ...summarise(runs), runs }]),
    ),
  }));
  const { keep, ...run } = options;
  const stamp = `${String(where['date']).slice(0, 10)}-${String(where['commit']).slice(0, 8)}`;
  const file = join(RESULTS, keep ? `${name}-${stamp}.json` : `${name}.local.json`);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ name, ...where, ...run, config: findings.config, series }, null, 2)}\n`,
  );
  return file;
}

/** Median (min … max) of every figure, a row a variant. */
export function table(series: readonly Series[]): string {
  const names = [...new Set(series.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = [
    ['variant', ...names],
    ...series.map(({ variant, figures }) => [variant, ...names.map((name) => cell(figures[name]))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function cell(values: readonly number[] | undefined): string {
  if (values === undefined) return '';
  const { median, min, max } = summarise(values);
  return `${short(median)} (${short(min)} … ${short(max)})`;
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)} k`;
  return value.toPrecision(3);
}
