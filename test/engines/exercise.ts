/** What each engine is put through: it answers, comes back after a kill with its data, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import { present } from '#base/invariant.ts';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { isAlive, processTree } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

/** What only watched the server ends a moment after it. */
const GONE_MS_MAX = 5000;

export interface Exercise<T extends Engine> {
  readonly start: () => Promise<T | Missing>;
  /** Leaves something in the engine that a kill must not take; without it the engine keeps nothing. */
  readonly write?: (engine: T) => Promise<void>;
  /** Throws when the engine does not answer, or does not have what was written. */
  readonly read: (engine: T) => Promise<void>;
  /** What else it is put through when it is back from the kill, if it is ours to end. */
  readonly afterwards?: (engine: T) => Promise<void>;
}

export async function exercise<T extends Engine>(t: TestContext, plan: Exercise<T>): Promise<void> {
  const startMs = performance.now();
  const answer = await plan.start();
  if (isMissing(answer)) return t.skip(answer.missing);
  t.diagnostic(`${answer.name} ${answer.version}: ready after ${since(startMs)} s`);
  if (answer.pid === 0) {
    await plan.write?.(answer);
    return plan.read(answer);
  }
  const folder = folderOf(answer);
  const pids: number[] = [];
  {
    await using engine = answer;
    assert.notEqual(engine.version, 'unknown');
    await plan.write?.(engine);
    await plan.read(engine);
    assert.ok(existsSync(folder), 'the control: it has a folder');
    await endAndRevive(t, plan, engine, pids);
  }
  await until('every process to be gone', () => !pids.some(isAlive), { timeoutMs: GONE_MS_MAX });
  assert.ok(!existsSync(folder), 'no folder is left');
}

/** Of its data: it stands in every command line. */
function folderOf({ name, pid }: Engine): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return present(new RegExp(`${tmpdir()}/plimsoll-${name}-\\w{6}`).exec(words), 'it names its folder')[0];
}

async function endAndRevive<T extends Engine>(
  t: TestContext,
  plan: Exercise<T>,
  engine: T,
  pids: number[],
): Promise<void> {
  const first = engine.pid;
  pids.push(...processTree(first));
  assert.deepEqual(pids.filter(isAlive), pids, 'the control: they do live until the end');
  await engine.kill();
  assert.ok(!isAlive(first), 'killed');
  await assert.rejects(async () => plan.read(engine), 'the control: nobody answers in its place');
  const startMs = performance.now();
  await engine.start();
  t.diagnostic(`${engine.name}: back after a kill in ${since(startMs)} s`);
  assert.notEqual(engine.pid, first);
  await plan.read(engine);
  await plan.afterwards?.(engine);
  pids.push(...processTree(engine.pid));
  await engine.stop();
  assert.ok(!isAlive(engine.pid), 'stopped');
}

function since(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(2);
}
