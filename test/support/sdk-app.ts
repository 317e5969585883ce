/** Starts an application with the SDK in front of it, as its users do. */
import { ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { TRIES_MAX } from '#test/support/promptly.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Of runs of the same tests; without it most of a start is reading source. */
const COMPILE_CACHE = join(tmpdir(), 'plimsoll-test-compile-cache');
/** An application that does not end is ended, and its test fails by the status. */
const LIMIT_MS = 60_000;

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

/**
 * What the first of at most three tries finds in which nothing is missing. The SDK gives
 * up half a second after a signal and a second after any other end, by design: what a
 * machine that stands still for so long makes it lose differs from try to try, what our
 * own code loses is missing in every one of them.
 *
 * @param expected how many of each; more of one than that fails at once
 * @param attempt whatever it throws fails at once
 */
export async function arriving<Kind extends string, Found extends Readonly<Record<Kind, readonly unknown[]>>>(
  t: TestContext,
  expected: Readonly<Record<Kind, number>>,
  attempt: () => Promise<Found>,
): Promise<Found> {
  const kinds = Object.keys(expected) as Kind[];
  const tries: string[] = [];
  for (;;) {
    const found = await attempt();
    const counts = kinds.map((kind) => `${found[kind].length} of ${expected[kind]} ${kind}`).join(', ');
    ok(
      kinds.every((kind) => found[kind].length <= expected[kind]),
      `too much: ${counts}`,
    );
    if (kinds.every((kind) => found[kind].length === expected[kind])) return found;
    tries.push(counts);
    t.diagnostic(`something is missing: ${counts}`);
    ok(tries.length < TRIES_MAX, `something is missing each time: ${tries.join('; ')}`);
  }
}
