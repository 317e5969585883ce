/** Runs the files of one kind, in `node --test` or in playwright's runner, and gathers what its reporter tells. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { present } from '#base/invariant.ts';
import type { RunEvent } from '#test/runner/events.ts';
import type { Kind } from '#test/runner/kinds.ts';
import { emptyTally, type Tally } from '#test/runner/tally.ts';

/** What a test process wrote is kept for the case it fails; only the end of it matters. */
const OUTPUT_CHARS_MAX = 20_000;
const REPORTER = join(import.meta.dirname, 'reporter.ts');
const PLAYWRIGHT = join(import.meta.dirname, '../../node_modules/playwright/cli.js');
const BROWSER_CONFIG = join(import.meta.dirname, '../browser/playwright.config.ts');
/** One test that takes longer hangs. */
const TEST_TIMEOUT_MS = 120_000;
/** Long tests set their own limit; a real engine may have to be fetched first. */
const KINDS_WITHOUT_TIMEOUT = ['long', 'engines'];

export interface RunOptions {
  readonly root: string;
  readonly files: readonly string[];
  /** Environment of the tests, on top of ours. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether what tests measured is printed: that is what long tests are run for. */
  readonly showsFigures?: boolean;
  /** Called as things happen. */
  readonly print: (line: string) => void;
  /** Ends the run: the tests are killed. */
  readonly signal: AbortSignal;
}

export async function runKind(kind: Kind, options: RunOptions): Promise<Tally> {
  const tally = emptyTally();
  const output = new OutputTail();
  const child = start(kind, options);
  const kill = (): void => killGroup(child);
  options.signal.addEventListener('abort', kill, { once: true });
  const limit = setTimeout(() => {
    fail(tally, options, {
      title: kind.name,
      detail: `killed: still running after ${kind.limitMs / 1000} s`,
    });
    kill();
  }, kind.limitMs);
  try {
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    collectOutput(child, output);
    const events = createInterface({ input: present(child.stdio[4] as Readable | null, 'fd 4 is a pipe') });
    for await (const line of events) {
      const event = JSON.parse(line) as RunEvent;
      apply(event, tally, output, options);
      if (event.kind === 'leftover') kill();
    }
    const code = await ended;
    if (code !== 0 && tally.failed === 0 && !options.signal.aborted) {
      const detail = `the test process ended with ${code ?? child.signalCode}\n${output.take('')}`;
      fail(tally, options, { title: kind.name, detail });
    }
    return tally;
  } finally {
    clearTimeout(limit);
    options.signal.removeEventListener('abort', kill);
  }
}

function start(kind: Kind, { root, files, environment }: RunOptions): ChildProcess {
  const env = { ...process.env, ...environment };
  // Set when this runner is itself started by a test; it would turn the child's reporter off.
  delete env['NODE_TEST_CONTEXT'];
  return spawn(process.execPath, argumentsOf(kind, files), {
    cwd: root,
    env,
    // A group of its own, so that whatever a test started goes with it when it is killed.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
}

function argumentsOf(kind: Kind, files: readonly string[]): readonly string[] {
  if (kind.isolation === 'browser') return [PLAYWRIGHT, 'test', `--config=${BROWSER_CONFIG}`, ...files];
  const isolation = kind.isolation === 'shared' ? 'none' : 'process';
  const timeout = KINDS_WITHOUT_TIMEOUT.includes(kind.name) ? [] : [`--test-timeout=${TEST_TIMEOUT_MS}`];
  return [
    '--test',
    `--test-isolation=${isolation}`,
    `--test-concurrency=${kind.concurrency}`,
    `--test-reporter=${REPORTER}`,
    ...timeout,
    ...files,
  ];
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended between the check and the call.
  }
}

function apply(event: RunEvent, tally: Tally, output: OutputTail, options: RunOptions): void {
  switch (event.kind) {
    case 'passed':
      tally.passed += 1;
      return;
    case 'skipped':
      tally.skips.push({ title: `${event.file}: ${event.title}`, reason: event.reason });
      return;
    case 'failed':
      fail(tally, options, {
        title: `${event.file}: ${event.title}`,
        detail: `${event.detail}\n${output.take(event.file)}`,
      });
      return;
    case 'output':
      output.add(event.file, event.text);
      return;
    case 'figure':
      if (options.showsFigures === true) options.print(`${event.file}: ${event.text}`);
      return;
    case 'leftover': {
      const open = event.resources.join(', ');
      fail(tally, options, {
        title: 'leftover handle',
        detail: `tests ended, but something is open: ${open}`,
      });
      return;
    }
    default:
      event satisfies never;
  }
}

function fail(tally: Tally, options: RunOptions, failure: { title: string; detail: string }): void {
  tally.failed += 1;
  const detail = failure.detail.trimEnd().replaceAll('\n', '\n    ');
  options.print(`FAILED ${failure.title}\n    ${detail}`);
}

function collectOutput(child: ChildProcess, output: OutputTail): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => output.add('', text));
  }
}

/** The last output of each file (`''`: of the shared process), given out once. */
class OutputTail {
  readonly #texts = new Map<string, string>();

  add(file: string, text: string): void {
    this.#texts.set(file, ((this.#texts.get(file) ?? '') + text).slice(-OUTPUT_CHARS_MAX));
  }

  take(file: string): string {
    const text = this.#texts.get(file) ?? '';
    this.#texts.delete(file);
    return text === '' ? '' : `output:\n${text}`;
  }
}
