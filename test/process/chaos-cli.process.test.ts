/** `plimsoll chaos` as people and scripts use it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChaosWorld } from '#test/support/chaos.ts';
import { until } from '#test/support/wait.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'bin/plimsoll.ts');

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
    `{ type: probe, name: answers ${status}, tolerance: ${status}, provider: { type: http, url: '\${gateway}/' } }`;
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

test('a fault for a time, listed, stopped; everything off; blocked and allowed', async () => {
  await using world = await ChaosWorld.start();
  const started = await run(
    world,
    'start',
    'http-error',
    '--target',
    'quotes',
    '--for',
    '60s',
    '--param',
    'status=503',
    'share=1',
  );
  assert.equal(started.code, 0, started.output);
  assert.equal((await world.ask()).status, 503);
  const listed = await run(world, 'list', '--json');
  assert.equal((JSON.parse(listed.output) as { active: readonly unknown[] }).active.length, 1);
  const stopped = await run(world, 'stop');
  assert.match(stopped.output, /http-error on quotes, status 503, share 1: over/);
  assert.equal((await world.ask()).status, 200);
  assert.equal((await run(world, 'block')).code, 0);
  const refused = await run(world, 'start', 'cut', '--target', 'quotes', '--for', '1s');
  assert.deepEqual([refused.code, /\[PLIM_FAULT_REFUSED\]/.test(refused.output)], [1, true], refused.output);
  assert.equal((await run(world, 'allow')).code, 0);
});

test('held by a command, a fault ends with Ctrl-C, and soon after a kill', async () => {
  await using world = await ChaosWorld.start();
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const { child, seen } = command(world, ['start', 'pause', '--target', 'quotes']);
    await until('the service to stop', () => world.serviceState === 'T', {
      timeoutMs: 5000,
      detail: () => seen.output,
    });
    child.kill(signal);
    const killedMs = performance.now();
    await once(child, 'close');
    await until('the service to go on', () => world.serviceState !== 'T', { timeoutMs: 5000, everyMs: 5 });
    const tookMs = performance.now() - killedMs;
    assert.ok(tookMs <= 2250, `${signal}: ${tookMs.toFixed(0)} ms`);
    if (signal === 'SIGINT') assert.equal(child.exitCode, 0, seen.output);
  }
});

test('experiments: 0 as expected, 1 deviated, 2 used wrongly; nothing is left', async () => {
  await using world = await ChaosWorld.start();
  const good = await run(world, 'run', experiment(world, 503));
  assert.equal(good.code, 0, good.output);
  assert.match(good.output, /completed; as expected/);
  const bad = await run(world, 'run', experiment(world, 200), '--json');
  assert.equal(bad.code, 1, bad.output);
  assert.match(bad.output, /"deviated": true/);
  const file = experiment(world, 200);
  writeFileSync(file, 'title: t\nmethods: []\n');
  const wrong = await run(world, 'run', file);
  assert.equal(wrong.code, 2, wrong.output);
  assert.match(wrong.output, /experiment\.yaml:2:1: methods is not known here; did you mean method\?/);
  const doctor = await run(world, 'doctor');
  assert.deepEqual([doctor.code, /residue: none/.test(doctor.output)], [0, true], doctor.output);
});
