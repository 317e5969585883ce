/** Starts the living demo as `npm start -- --headless` does, on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, processTree } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'launch.js');
const START_MS_MAX = 60_000;
const OUTPUT_CHARS_MAX = 20_000;

export interface RunningDemo extends AsyncDisposable {
  readonly origin: string;
  readonly gateway: string;
  readonly chaos: string;
  readonly data: string;
  /** Of the supervisor, below the launcher. */
  readonly pid: number;
  readonly launcher: ChildProcess;
  readonly output: () => string;
  /** From the launch to the ready line. */
  readonly startedInMs: number;
}

export interface DemoTarget {
  readonly pid: number;
  readonly port: number;
}

/** @throws Error with what it wrote when it does not become ready */
export async function startDemoProgram(extraArgs: readonly string[] = []): Promise<RunningDemo> {
  const data = mkdtempSync(join(tmpdir(), 'plimsoll-demo-'));
  const startedMs = performance.now();
  const args = [
    'start',
    '--headless',
    '--data',
    data,
    '--listen',
    '127.0.0.1:0',
    '--otlp-http',
    '127.0.0.1:0',
  ];
  const env = { ...process.env };
  for (const name of ['npm_lifecycle_event', 'PLIMSOLL_LEASH', 'NODE_TEST_CONTEXT']) delete env[name];
  const launcher = spawn(process.execPath, [LAUNCHER, ...args, ...extraArgs], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [launcher.stdout, launcher.stderr])
    stream.on(
      'data',
      (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX)),
    );
  const line = await until(
    'the ready line',
    () => /^\{.*\}$/m.exec(output)?.[0] ?? launcher.exitCode !== null,
    {
      timeoutMs: START_MS_MAX,
      detail: () => output,
    },
  ).catch((error: unknown) => {
    launcher.kill('SIGKILL');
    throw error;
  });
  if (line === true) throw new Error(`it ended with ${String(launcher.exitCode)}:\n${output}`);
  const startedInMs = performance.now() - startedMs;
  const ready = JSON.parse(line) as { origin: string; gateway: string; chaos: string };
  const pid = demoFile(data).supervisor.pid;
  return {
    ...ready,
    data,
    pid,
    launcher,
    startedInMs,
    output: () => output,
    async [Symbol.asyncDispose]() {
      const tree = demoProcesses(data, pid);
      launcher.kill('SIGTERM');
      await until('the demo to be gone', () => !tree.some(isAlive), { timeoutMs: 10_000 });
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export interface DemoFileContent {
  readonly supervisor: { readonly pid: number };
  readonly targets: Readonly<Record<string, DemoTarget>>;
}

export function demoFile(data: string): DemoFileContent {
  return JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as DemoFileContent;
}

/** The supervisor and everything it has started. */
export function demoProcesses(data: string, supervisor: number): readonly number[] {
  const targets = Object.values(demoFile(data).targets).map(({ pid }) => pid);
  return [...new Set([...processTree(supervisor), ...targets])];
}
