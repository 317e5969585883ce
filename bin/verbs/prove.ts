/**
 * `plimsoll prove`: starts demos of its own, breaks them on purpose, and says
 * with figures whether each fault paged, how fast, and with whose name on it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from 'node:os';
import path from 'node:path';
import { CodedError } from '#base/errors.ts';
import { systemRandom } from '#base/real/random.ts';
import { parseArguments, type FlagDefinition } from '#bin/arguments.ts';
import { DEMO_SLOS, PROOFS, ROOT } from '#bin/demo/layout.ts';
import { MUTATIONS, type Mutation } from '#bin/prove/mutation.ts';
import { cellPlan, fullPlan, quickPlan, type WorldPlan } from '#bin/prove/plan.ts';
import { runWorld } from '#bin/prove/run-world.ts';
import { enginesFlags } from '#bin/verbs/engines-flags.ts';
import { flagsText } from '#bin/verbs/flags.ts';
import { stopSignal } from '#bin/verbs/stop-signal.ts';
import { judgeAll, type Verdict } from '#chaos/prove/core/judge.ts';
import type { RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import { reportHtml } from '#chaos/prove/core/report-html.ts';
import { reportJson, type ReportContext } from '#chaos/prove/core/report-json.ts';
import { boundText, outcomeText, seconds, shareText } from '#chaos/prove/core/report-text.ts';
import { SERVICES } from '#sample-services/topology.ts';

const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  quick: { value: undefined, help: 'the short matrix, at most 8 minutes; this is the default' },
  full: { value: undefined, help: 'every fault on every service in the way of a request: more than an hour' },
  cell: { value: 'FAULT@SERVICE', help: 'one fault alone, kill@dispatch for example' },
  mutate: { value: 'NAME', help: `spoil alerting on purpose; the proof must fail: ${MUTATIONS.join(', ')}` },
  config: {
    value: 'FILE',
    help: 'engines to stand on: journal, storage, exporters, service, alerting.alertmanagers',
  },
  'pages-port': { value: 'N', help: 'where pages are taken, for an Alertmanager outside; default any free' },
  rate: { value: 'N', help: 'requests a second, 10 to 200; default 30' },
  seed: { value: 'N', help: 'of customers, carriers and faults; default a fresh one' },
  out: {
    value: 'DIR',
    help: 'where report.json, report.html and the recorded runs go; default .data/proofs/TIME',
  },
  json: { value: undefined, help: 'print the report as JSON and nothing else' },
  help: { value: undefined, help: 'this text' },
};

const RATE_DEFAULT = 30;
const STOP_MS_MAX = 5000;

export async function prove(argv: readonly string[]): Promise<number> {
  const { flags, positional } = parseArguments(argv, FLAGS);
  if (flags['help'] !== undefined) {
    process.stdout.write(flagsText('prove', FLAGS));
    return 0;
  }
  if (positional.length > 0)
    throw new CodedError('PLIM_USAGE', `plimsoll prove takes no argument, got ${positional.join(' ')}`);
  const say = flags['json'] === undefined ? (text: string) => void process.stdout.write(text) : () => {};
  const plans = plansOf(flags);
  const mutation = mutationOf(flags['mutate']);
  const seed = numberFlag(flags, 'seed', systemRandom.below(2 ** 31), [0, 2 ** 32 - 1]);
  const requestsPerSecond = numberFlag(flags, 'rate', RATE_DEFAULT, [10, 200]);
  const engines = enginesFlags(flags);
  const startedAt = new Date();
  const abort = new AbortController();
  void stopSignal(STOP_MS_MAX).then(() =>
    abort.abort(new CodedError('PLIM_DEMO_FAILED', 'stopped before the end')),
  );
  const scratch = mkdtempSync(path.join(tmpdir(), 'plimsoll-proof-'));
  const runs: RecordedRun[] = [];
  try {
    for (const plan of plans) {
      say(`${plan.name}: windows ÷ ${plan.divisor}, ${requestsPerSecond} requests/s, seed ${seed}\n`);
      const world = {
        plan,
        scratch,
        sloDirectory: DEMO_SLOS,
        requestsPerSecond,
        seed,
        mutation,
        say,
        engines,
      };
      runs.push(await runWorld(world, abort.signal));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const verdict = judgeAll(runs);
  const context = contextOf(startedAt);
  const out = flags['out'] ?? path.join(PROOFS, startedAt.toISOString().replaceAll(':', '-'));
  writeReport(out, verdict, runs, context);
  if (flags['json'] === undefined) say(`${tableText(verdict)}\nReport: ${path.join(out, 'report.html')}\n`);
  else process.stdout.write(reportJson(verdict, context));
  return verdict.passed ? 0 : 1;
}

function plansOf(flags: Readonly<Record<string, string>>): readonly WorldPlan[] {
  const { cell } = flags;
  if (cell !== undefined) {
    const [fault = '', name = ''] = cell.split('@');
    const service = SERVICES.find((candidate) => candidate.name === name);
    if (fault === '' || service === undefined)
      throw new CodedError('PLIM_USAGE', `--cell ${cell}: expected FAULT@SERVICE, kill@dispatch for example`);
    return cellPlan(fault, service.name);
  }
  return flags['full'] === undefined ? quickPlan() : fullPlan();
}

function mutationOf(name: string | undefined): Mutation | undefined {
  if (name === undefined) return undefined;
  const mutation = MUTATIONS.find((known) => known === name);
  if (mutation !== undefined) return mutation;
  throw new CodedError('PLIM_USAGE', `--mutate ${name}: expected one of ${MUTATIONS.join(', ')}`);
}

function numberFlag(
  flags: Readonly<Record<string, string>>,
  name: string,
  byDefault: number,
  [min, max]: readonly [number, number],
): number {
  const value = flags[name];
  if (value === undefined) return byDefault;
  const number = Number(value);
  if (value.trim() !== '' && number >= min && number <= max) return number;
  throw new CodedError('PLIM_USAGE', `--${name} ${value}: expected a number from ${min} to ${max}`);
}

function writeReport(
  out: string,
  verdict: Verdict,
  runs: readonly RecordedRun[],
  context: ReportContext,
): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(path.join(out, 'report.json'), reportJson(verdict, context));
  writeFileSync(path.join(out, 'report.html'), reportHtml(verdict, runs, context));
  for (const run of runs)
    writeFileSync(path.join(out, `run-${run.kind.replaceAll(' ', '-')}.json`), JSON.stringify(run));
}

function contextOf(startedAt: Date): ReportContext {
  return {
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    commit: commit(),
    machine: {
      cpus: availableParallelism(),
      cpuModel: cpus()[0]?.model ?? 'unknown',
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
      node: process.version,
    },
  };
}

/** Null outside of a clone. */
function commit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

function tableText(verdict: Verdict): string {
  const { recall, precision, blameTop1 } = verdict.score;
  const figures = Object.entries({ recall, precision, 'blame top-1': blameTop1 }).map(
    ([name, share]) => `  ${name.padEnd(12)} ${shareText(share)}, ${boundText(share)}\n`,
  );
  const rows = verdict.worlds.flatMap((world) => world.rows).map(rowText);
  const reasons = verdict.reasons.map((reason) => `  ${reason}\n`).join('');
  return `
  ${'phase'.padEnd(38)}${'result'.padEnd(26)}${'after policy'.padEnd(14)}${'after failure'.padEnd(15)}blamed
${rows.join('')}
${figures.join('')}
${verdict.passed ? 'Passed.' : `Failed:\n${reasons}`}
`;
}

function rowText(row: Verdict['worlds'][number]['rows'][number]): string {
  const cells = [
    row.phase.title.padEnd(38),
    outcomeText(row.outcome).word.padEnd(26),
    seconds(row.secondsFromPolicy).padEnd(14),
    seconds(row.secondsFromFirstHurt).padEnd(15),
    row.page?.blamed ?? '–',
  ];
  return `  ${cells.join('')}\n`;
}
