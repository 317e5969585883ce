/**
 * The test runner: `npm test`, `npm run test:unit` … One kind after the other,
 * failures in full as they happen, skips with their reasons, one closing line.
 *
 *   run.ts [KIND…] [PATH…] [--seed=N]
 *
 * PATH keeps the files whose path contains it. See test/README.md.
 */
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { join } from 'node:path';
import { takeLeash } from '#bin/leash.ts';
import { CHECK_BUDGET_MS, runChecks } from '#test/runner/checks.ts';
import { findChromium, NO_CHROMIUM } from '#test/runner/chromium.ts';
import { DEFAULT_KINDS, filesOf, KINDS } from '#test/runner/kinds.ts';
import { parseRequest, USAGE, type RunRequest } from '#test/runner/request.ts';
import { runKind } from '#test/runner/run-kind.ts';
import { addTally, closingLine, emptyTally, exitCodeOf, type Tally } from '#test/runner/tally.ts';

const ROOT = join(import.meta.dirname, '..');
const SEED_BELOW = 2 ** 32;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  takeLeash();
  const request = parseRequest(process.argv.slice(2));
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n${USAGE}\n`);
    return 2;
  }
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort(name));
  }
  const seed = request.seed ?? randomInt(0, SEED_BELOW);
  print(`seed ${seed} (the same again: --seed=${seed}), Node ${process.version}`);
  const total = emptyTally();
  for (const name of kindsOf(request)) {
    if (abort.signal.aborted) break;
    addTally(total, await timed(name, { request, seed, signal: abort.signal }));
  }
  if (abort.signal.aborted) {
    const name = abort.signal.reason as 'SIGINT' | 'SIGTERM' | 'SIGHUP';
    print(`stopped by ${name}: what ran until then`);
    print(closingLine(total));
    return 128 + constants.signals[name];
  }
  for (const skip of total.skips) print(`skipped ${skip.title}: ${skip.reason}`);
  print(closingLine(total));
  return exitCodeOf(total);
}

/** With a path and no kind, every kind looks for it; what checks the whole tree stays out. */
function kindsOf({ kinds, paths }: RunRequest): readonly string[] {
  if (kinds.length > 0) return kinds;
  return paths.length === 0 ? DEFAULT_KINDS : DEFAULT_KINDS.filter((name) => name !== 'check');
}

interface Run {
  readonly request: RunRequest;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Runs one kind and prints what it took against its budget. */
async function timed(name: string, run: Run): Promise<Tally> {
  const startMs = performance.now();
  const kind = KINDS.find((candidate) => candidate.name === name);
  const budgetMs = kind?.budgetMs ?? CHECK_BUDGET_MS;
  const tally =
    kind === undefined
      ? await runChecks({ root: ROOT, print, signal: run.signal })
      : await runFiles(kind, run);
  const tookMs = performance.now() - startMs;
  const foundNothing = tally.passed + tally.failed + tally.skips.length === 0;
  if (run.request.paths.length > 0 && foundNothing) return tally;
  const verdict = tookMs > budgetMs ? 'OVER the budget of' : 'budget';
  const times = `${seconds(tookMs)} s, ${verdict} ${seconds(budgetMs)} s`;
  print(`${name.padEnd(9)} ${closingLine(tally)} (${times})`);
  return tally;
}

async function runFiles(kind: (typeof KINDS)[number], { request, seed, signal }: Run): Promise<Tally> {
  const files = filesOf(kind, ROOT, request.paths);
  if (files.length === 0) {
    // With a path given it is enough that some kind has such a file; the total tells.
    if (request.paths.length > 0) return emptyTally();
    print(`FAILED ${kind.name}: no test file of this kind was found`);
    return { passed: 0, failed: 1, skips: [] };
  }
  const chromium = kind.isolation === 'browser' ? findChromium() : undefined;
  if (kind.isolation === 'browser' && chromium === undefined) {
    return { ...emptyTally(), skips: files.map((title) => ({ title, reason: NO_CHROMIUM })) };
  }
  const environment = {
    PLIMSOLL_SEED: String(seed),
    ...(chromium === undefined ? {} : { CHROMIUM_PATH: chromium }),
  };
  return runKind(kind, {
    root: ROOT,
    files,
    environment,
    print,
    signal,
    showsFigures: kind.name === 'long' || process.env['PLIMSOLL_LONG'] === '1',
  });
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1);
}

process.exitCode = await main();
