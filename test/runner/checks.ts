/** The kind `check`: types, lint, format and the console's build, each counted as one test. */
import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { emptyTally, type Tally } from '#test/runner/tally.ts';

export const CHECK_BUDGET_MS = 20_000;
const CHECK_LIMIT_MS = 120_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

const TYPES = ['--noEmit', '--pretty', 'false'];
const CHECKS = [
  { name: 'types', tool: 'tsc', args: TYPES },
  // What runs in a browser has other globals.
  { name: 'types of the console', tool: 'tsc', args: [...TYPES, '-p', 'dashboards/console'] },
  { name: 'types of its tests', tool: 'tsc', args: [...TYPES, '-p', 'test/browser'] },
  { name: 'lint', tool: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', tool: 'oxfmt', args: ['--check'] },
  // Else the first programs of other kinds would each build it, beside what they are timed at.
  { name: 'build of the console', tool: 'node', args: ['dashboards/console/build.ts'] },
];

interface CheckOptions {
  readonly root: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function runChecks(options: CheckOptions): Promise<Tally> {
  const tally = emptyTally();
  const runs = CHECKS.map(async (check) => {
    const problem = await runTool(check.tool, check.args, options);
    if (problem === undefined) {
      tally.passed += 1;
      return;
    }
    tally.failed += 1;
    options.print(`FAILED check: ${check.name} (${check.tool} ${check.args.join(' ')})\n${problem}`);
  });
  await Promise.all(runs);
  return tally;
}

/** Undefined when the tool found nothing to complain about. */
function runTool(
  tool: string,
  args: readonly string[],
  { root, signal }: CheckOptions,
): Promise<string | undefined> {
  const bin = join(root, 'node_modules', '.bin');
  // The tools begin with `env node`: ours must come first, not the system's.
  const PATH = [bin, process.env['PATH'] ?? ''].join(delimiter);
  return new Promise((resolve) => {
    execFile(
      join(bin, tool),
      [...args],
      {
        cwd: root,
        env: { ...process.env, PATH },
        signal,
        timeout: CHECK_LIMIT_MS,
        maxBuffer: OUTPUT_BYTES_MAX,
      },
      (error, stdout, stderr) =>
        resolve(error === null ? undefined : stdout + stderr || `${tool} did not run: ${error.message}`),
    );
  });
}
