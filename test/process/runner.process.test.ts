/** The runner on trees that hold what must not pass: it has to say so, each time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runKind } from '#test/runner/run-kind.ts';
import { exitCodeOf, type Tally } from '#test/runner/tally.ts';
import { isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

const HEAD = `import { describe, it, test } from 'node:test';\n`;

interface Outcome {
  readonly tally: Tally;
  readonly printed: string;
}

async function run(sources: Record<string, string>, isolation: 'shared' | 'per-file'): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-runner-'));
  try {
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(root, name), HEAD + source);
    const printed: string[] = [];
    const kind = { name: 'unit', isolation, concurrency: 1, budgetMs: 1000, limitMs: 20_000 } as const;
    const tally = await runKind(kind, {
      root,
      files: Object.keys(sources),
      environment: { PLIMSOLL_SEED: '7' },
      print: (line) => printed.push(line),
      signal: new AbortController().signal,
    });
    return { tally, printed: printed.join('\n') };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const CASES = [
  {
    name: 'tests that pass, subtests and the seed',
    source: `test('a', async (t) => { await t.test('b', () => {}); });
             describe('s', () => { it('seed', () => { if (process.env['PLIMSOLL_SEED'] !== '7') throw new Error('no seed'); }); });`,
    expected: { passed: 3, failed: 0, skipped: 0 },
    printed: /^$/,
  },
  {
    name: 'a failing subtest, told once and in full',
    source: `test('outer', async (t) => { await t.test('inner', () => { throw new Error('the reason'); }); });`,
    expected: { passed: 0, failed: 1, skipped: 0 },
    printed: /FAILED case\.test\.ts: outer › inner\n[^]*the reason/,
  },
  {
    name: 'a skip with a reason',
    source: `test('a', () => {}); test('later', (t) => t.skip('needs a thing'));`,
    expected: { passed: 1, failed: 0, skipped: 1 },
    printed: /^$/,
  },
  {
    name: 'a silent skip fails',
    source: `test('a', () => {}); test.skip('never', () => {});`,
    expected: { passed: 1, failed: 1, skipped: 0 },
    printed: /skipped without a reason/,
  },
  {
    name: 'a file without tests fails',
    source: `export const nothing = 1;`,
    expected: { passed: 0, failed: 1, skipped: 0 },
    printed: /the file holds no test/,
  },
  {
    name: 'a file that cannot be loaded fails',
    source: `throw new Error('at the door');`,
    expected: { passed: 0, failed: 1, skipped: 0 },
    printed: /at the door/,
  },
] as const;

for (const isolation of ['shared', 'per-file'] as const) {
  for (const { name, source, expected, printed } of CASES) {
    test(`${isolation}: ${name}`, async () => {
      const outcome = await run({ 'case.test.ts': source }, isolation);
      const { passed, failed, skips } = outcome.tally;
      assert.deepEqual({ passed, failed, skipped: skips.length }, expected, outcome.printed);
      assert.match(outcome.printed, printed);
      assert.equal(exitCodeOf(outcome.tally), expected.failed === 0 ? 0 : 1);
    });
  }
}

test('shared: a timer left running fails the run and does not hang it', async () => {
  const { tally, printed } = await run(
    { 'case.test.ts': `test('a', () => { setTimeout(() => {}, 600_000); });` },
    'shared',
  );
  assert.deepEqual([tally.passed, tally.failed], [1, 1], printed);
  assert.match(printed, /leftover handle[^]*Timeout/);
});

test('shared: a test that crashes the process fails the run', async () => {
  const { tally, printed } = await run({ 'case.test.ts': `test('a', () => process.exit(3));` }, 'shared');
  assert.equal(exitCodeOf(tally), 1, printed);
});

/** Runs the slow case in a process of its own, which then can be killed. */
const SLOW_RUNNER = `
import { runKind } from ${JSON.stringify(join(import.meta.dirname, '..', 'runner', 'run-kind.ts'))};
const kind = { name: 'unit', isolation: process.argv[2], concurrency: 1, budgetMs: 1000, limitMs: 60000 };
const signal = new AbortController().signal;
await runKind(kind, { root: import.meta.dirname, files: ['case.test.ts'], environment: {}, print() {}, signal });
`;
const SLOW_TEST = `
import { renameSync, writeFileSync } from 'node:fs';
test('slow', async () => {
  writeFileSync('pid.part', String(process.pid));
  renameSync('pid.part', 'pid');
  await new Promise((resolve) => setTimeout(resolve, 60000));
});
`;

for (const isolation of ['shared', 'per-file'] as const) {
  test(`${isolation}: killing the runner ends the tests it started`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'plimsoll-runner-'));
    writeFileSync(join(root, 'case.test.ts'), HEAD + SLOW_TEST);
    writeFileSync(join(root, 'run.ts'), SLOW_RUNNER);
    const runner = spawn(process.execPath, [join(root, 'run.ts'), isolation], { stdio: 'ignore' });
    try {
      const pidFile = join(root, 'pid');
      await until('the slow test to begin', () => existsSync(pidFile), { timeoutMs: 10_000 });
      const pid = Number(readFileSync(pidFile, 'utf8'));
      assert.equal(isAlive(pid), true);
      runner.kill('SIGKILL');
      await until('it to end with its runner', () => !isAlive(pid), { timeoutMs: 5000 });
    } finally {
      runner.kill('SIGKILL');
      rmSync(root, { recursive: true });
    }
  });
}

test('no test at all is not success', () => {
  assert.equal(exitCodeOf({ passed: 0, failed: 0, skips: [] }), 1);
});
