/** `plimsoll chaos` as people and scripts use it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LEASE_MS_DEFAULT } from '#chaos/core/lease.ts';
import { GRACE_MS, soon } from '#test/support/chaos-cases.ts';
import { ChaosWorld } from '#test/support/chaos.ts';
import { infiniteIfLost, lapsed, unlessLost } from '#test/support/lost-faults.ts';
import { promptly } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'bin/plimsoll.ts');
/** When an answer or a start of Node is waited for in vain; nothing promises it. */
const ANSWER_MS_MAX = 10_000;
const START_MS_MAX = 15_000;

function command(world: ChaosWorld, words: readonly string[]) {
  const child = spawn(process.execPath, [ENTRY, 'chaos', ...words, '--data', world.root], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (seen.output += chunk.toString('utf8')));
  return { child, seen };
}

async function run(
  world: ChaosWorld,
  ...words: readonly string[]
): Promise<{ code: number; output: string }> {
  const { child, seen } = command(world, words);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: seen.output };
}

function experiment(world: ChaosWorld, tolerance: number): string {
  const file = join(world.root, 'experiment.yaml');
  const probe = (status: number): string =>
    `{ type: probe, name: answers ${status}, tolerance: ${status}, provider: { type: http, url: '\${gateway}/', timeout: ${ANSWER_MS_MAX / 1000} } }`;
  writeFileSync(
    file,
    `title: an error in front of quotes
steady-state-hypothesis: { probes: [${probe(200)}] }
method:
  - { type: action, name: fail, provider: { type: plimsoll, fault: http-error, target: quotes, arguments: { status: 503 } } }
  - ${probe(tolerance)}
`,
  );
  return file;
}

test('a fault for a time, listed, stopped; everything off; blocked and allowed', async (t) => {
  await using world = await ChaosWorld.start();
  const status = ['--param', 'status=503', 'share=1'];
  await unlessLost(t, world, async () => {
    const started = await run(world, 'start', 'http-error', '--target', 'quotes', '--for', '60s', ...status);
    assert.equal(started.code, 0, started.output);
    assert.equal((await world.ask('/', ANSWER_MS_MAX)).status, 503);
    const listed = await run(world, 'list', '--json');
    assert.equal((JSON.parse(listed.output) as { active: readonly unknown[] }).active.length, 1);
    const stopped = await run(world, 'stop');
    assert.match(stopped.output, /http-error on quotes, status 503, share 1: over/);
  });
  assert.equal((await world.ask('/', ANSWER_MS_MAX)).status, 200);
  assert.equal((await run(world, 'block')).code, 0);
  const refused = await run(world, 'start', 'cut', '--target', 'quotes', '--for', '1s');
  assert.deepEqual([refused.code, /\[PLIM_FAULT_REFUSED\]/.test(refused.output)], [1, true], refused.output);
  assert.equal((await run(world, 'allow')).code, 0);
});

test('held by a command, a fault ends with Ctrl-C, and soon after a kill', async (t) => {
  await using world = await ChaosWorld.start();
  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    await promptly(t, `over with ${signal}`, LEASE_MS_DEFAULT + GRACE_MS, () => heldUntil(world, signal));
});

/** Milliseconds from the signal to a command that holds a service until the service goes on; Infinity when it was lost before. */
async function heldUntil(world: ChaosWorld, signal: 'SIGINT' | 'SIGKILL'): Promise<number> {
  let signalledMs = Infinity;
  const { child, seen } = command(world, ['start', 'pause', '--target', 'quotes']);
  const closed = once(child, 'close');
  const isStopped = (): boolean => {
    if (child.exitCode !== null) throw new Error(`the command ended before its signal: ${seen.output}`);
    return world.serviceState === 'T';
  };
  const held = async (): Promise<number> => {
    try {
      await until('the service to stop', isStopped, { timeoutMs: START_MS_MAX, detail: () => seen.output });
      child.kill(signal);
      signalledMs = Date.now();
      const sinceMs = performance.now();
      await closed;
      await until('the service to go on', () => world.serviceState !== 'T', soon);
      const tookMs = performance.now() - sinceMs;
      if (signal === 'SIGINT') assert.equal(child.exitCode, 0, seen.output);
      return tookMs;
    } finally {
      child.kill('SIGKILL');
      await closed;
    }
  };
  return infiniteIfLost(
    world,
    held,
    lapsed(() => signalledMs),
  );
}

test('experiments: 0 as expected, 1 deviated, 2 used wrongly; nothing is left', async (t) => {
  await using world = await ChaosWorld.start();
  const experimented = async (tolerance: number, code: number, seen: RegExp, ...flags: readonly string[]) => {
    const done = await run(world, 'run', experiment(world, tolerance), ...flags);
    assert.equal(done.code, code, done.output);
    assert.match(done.output, seen);
  };
  await unlessLost(t, world, () => experimented(503, 0, /completed; as expected/), lapsed());
  await unlessLost(t, world, () => experimented(200, 1, /"deviated": true/, '--json'), lapsed());
  const file = experiment(world, 200);
  writeFileSync(file, 'title: t\nmethods: []\n');
  const wrong = await run(world, 'run', file);
  assert.equal(wrong.code, 2, wrong.output);
  assert.match(wrong.output, /experiment\.yaml:2:1: methods is not known here; did you mean method\?/);
  const doctor = await run(world, 'doctor');
  assert.deepEqual([doctor.code, /residue: none/.test(doctor.output)], [0, true], doctor.output);
});
