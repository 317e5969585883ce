/** Starts an application with the SDK in front of it, as its users do. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** Of runs of the same tests; without it most of a start is reading source. */
const COMPILE_CACHE = join(tmpdir(), 'plimsoll-test-compile-cache');
/** An application that does not end is ended, and its test fails by the status. */
const LIMIT_MS = 20_000;

export interface AppRun {
  /** Exit code, or the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end. */
  readonly tookMs: number;
}

export interface AppOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Flags of Node, before the application. */
  readonly flags?: readonly string[];
  /** From where the flags' packages are found; the project by default. */
  readonly cwd?: string;
}

export const WITH_SDK: readonly string[] = ['--import', '@plimsoll/sdk/register'];

/** Runs it to its end. */
export async function runApp(
  file: string,
  { env = {}, args = [], flags = WITH_SDK, cwd = ROOT }: AppOptions,
): Promise<AppRun> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...flags, file, ...args], {
    cwd,
    env: appEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const status = await new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  clearTimeout(limit);
  return { status, stdout, stderr, tookMs: performance.now() - startedMs };
}

/** Nothing of our own environment configures it. */
export function appEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    OTEL_SERVICE_NAME: 'sdk-app',
    ...env,
  };
}
