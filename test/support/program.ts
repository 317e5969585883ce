/**
 * Starts the real program on free ports and talks to it through its outer
 * interface only: the command line, signals, the ready file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processTree } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'launch.js');
/** The machine may be busy with other tests. */
const START_MS_MAX = 30_000;
const GONE_MS_MAX = 10_000;
/** The end of what it wrote is enough to see why it failed. */
const OUTPUT_CHARS_MAX = 20_000;

export interface ProgramOptions {
  readonly command?: 'up' | 'collector' | 'alerting';
  /** Made if it is not there; files of the harness stand beside it. */
  readonly dataDirectory: string;
  readonly sloDirectory?: string;
  /** Text of the configuration file; without it the embedded default. */
  readonly configText?: string;
  /** When somebody has to know it beforehand. */
  readonly otlpHttpPort?: number;
  readonly extraArgs?: readonly string[];
  /** Beside what this process has. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Program extends AsyncDisposable {
  /** Of the main process, below the launcher. */
  readonly pid: number;
  readonly origin: string;
  readonly otlpHttp: string;
  /** Null when it is off. */
  readonly jaegerHttp: string | null;
  /** SIGTERM; resolves with the exit code. */
  stop(signal?: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<number | null>;
  /** SIGKILL of the main process; resolves when everything it started is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
  /** What it wrote, both streams. */
  readonly output: () => string;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** @throws Error with the program's output when it does not become ready */
export async function startPlimsoll(options: ProgramOptions): Promise<Program> {
  const beside = besideOf(options);
  const readyFile = `${beside}.ready.json`;
  mkdirSync(join(beside, '..'), { recursive: true });
  writeFileSync(readyFile, '');
  const run = launch(argumentsOf(options, readyFile), options.environment);
  const ready = await until('the ready file', () => run.ended() ?? readReady(readyFile), {
    timeoutMs: START_MS_MAX,
    detail: run.output,
  }).catch(async (error: unknown) => {
    run.child.kill('SIGKILL');
    throw error;
  });
  if (!('pid' in ready)) throw new Error(`it ended with ${ready.code} before it was ready:\n${run.output()}`);
  return {
    ...ready,
    output: run.output,
    async stop(signal = 'SIGTERM') {
      run.child.kill(signal);
      await run.exit;
      await gone([ready.pid]);
      return run.child.exitCode;
    },
    kill: () => killTree(ready.pid, run.exit),
    ended: run.exit.then(() => run.child.exitCode),
    async [Symbol.asyncDispose]() {
      if (isAlive(ready.pid)) await killTree(ready.pid, run.exit);
    },
  };
}

/** For commands that are to end by themselves. */
export async function runPlimsoll(args: readonly string[], timeoutMs = START_MS_MAX): Promise<Ended> {
  const run = launch(args);
  const timer = setTimeout(() => run.child.kill('SIGKILL'), timeoutMs);
  await run.exit;
  clearTimeout(timer);
  return { code: run.child.exitCode, output: run.output() };
}

/** Where files of the harness stand: `collector` and `alerting` may share a data folder. */
function besideOf({ command = 'up', dataDirectory }: ProgramOptions): string {
  return command === 'up' ? dataDirectory : `${dataDirectory}.${command}`;
}

function argumentsOf(options: ProgramOptions, readyFile: string): string[] {
  const {
    command = 'up',
    dataDirectory,
    sloDirectory,
    configText,
    otlpHttpPort = 0,
    extraArgs = [],
  } = options;
  const args = [command, '--data', dataDirectory, '--listen', '127.0.0.1:0'];
  args.push('--otlp-http', `127.0.0.1:${otlpHttpPort}`);
  args.push('--ready-file', readyFile);
  if (sloDirectory !== undefined) args.push('--slo', sloDirectory);
  if (configText !== undefined) {
    const configFile = `${besideOf(options)}.yaml`;
    writeFileSync(configFile, configText);
    args.push('--config', configFile);
  }
  return [...args, ...extraArgs];
}

interface Run {
  readonly child: ChildProcess;
  readonly exit: Promise<void>;
  ended(): Ended | undefined;
  readonly output: () => string;
}

function launch(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const env = { ...process.env, ...environment };
  // The launcher under test is a program of its own, not a part of this test run.
  for (const name of ['npm_lifecycle_event', 'PLIMSOLL_LEASH', 'NODE_TEST_CONTEXT']) delete env[name];
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => (output = (output + text).slice(-OUTPUT_CHARS_MAX)));
  }
  let closed = false;
  const exit = new Promise<void>((resolve) =>
    child.once('close', () => {
      closed = true;
      resolve();
    }),
  );
  return {
    child,
    exit,
    ended: () => (closed ? { code: child.exitCode, output } : undefined),
    output: () => output,
  };
}

interface Ready {
  readonly pid: number;
  readonly origin: string;
  readonly otlpHttp: string;
  readonly jaegerHttp: string | null;
}

function readReady(file: string): Ready | undefined {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text === '' ? undefined : (JSON.parse(text) as Ready);
}

async function killTree(pid: number, exit: Promise<void>): Promise<void> {
  const tree = processTree(pid);
  process.kill(pid, 'SIGKILL');
  await exit;
  await gone(tree);
}

async function gone(pids: readonly number[]): Promise<void> {
  await until('its processes to be gone', () => !pids.some(isAlive), { timeoutMs: GONE_MS_MAX, everyMs: 20 });
}
