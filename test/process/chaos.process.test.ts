/** Every fault does what it says, and ends however its injector or the daemon ends. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCoded } from '#base/errors.ts';
import type { FaultRequest } from '#chaos/client.ts';
import { FAULTS } from '#chaos/faults/registry.ts';
import { thisMachine } from '#chaos/world/machine.ts';
import { statOf } from '#chaos/world/processes.ts';
import {
  daemonKilled,
  GRACE_MS,
  injectorKilled,
  LEASE_MS,
  leaseRunsOut,
  nothingLeft,
  ON_PROCESSES,
  ON_THE_WIRE,
  RENEWED_LEASE_MS,
  requestFails,
  RESTART_MS_MAX,
  soon,
  startReaper,
  stopped,
} from '#test/support/chaos-cases.ts';
import { ChaosWorld } from '#test/support/chaos.ts';
import { lapsed, unlessLost } from '#test/support/lost-faults.ts';
import { isAlive } from '#test/support/processes.ts';
import { promptly } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

test('the cases cover every fault', () => {
  const covered = [...ON_THE_WIRE, ...ON_PROCESSES].map(({ request }) => request.fault);
  // These two need what not every machine has, and have tests of their own.
  assert.deepEqual(new Set([...covered, 'disk-full', 'clock-skew']), new Set(FAULTS.map(({ name }) => name)));
});

test('each fault is felt while it is on and gone once it is stopped', async (t) => {
  await using world = await ChaosWorld.start();
  for (const { request, felt } of [...ON_THE_WIRE, ...ON_PROCESSES]) {
    await unlessLost(t, world, async () => {
      const { id } = await world.client.start({ ...request, forMs: 60_000 });
      await felt(world);
      const { endedBy } = await world.client.stop(id);
      assert.equal(endedBy, 'request');
    });
    await nothingLeft(world, request.fault);
  }
});

test('the injector is killed: every fault ends within its lease and 250 ms', async (t) => {
  await using world = await ChaosWorld.start();
  await startReaper(t, world);
  await promptly(t, 'everything over', RENEWED_LEASE_MS + GRACE_MS, () => injectorKilled(world));
  // One of these at a time: nobody renews it, as if its injector had died at once.
  for (const { request } of ON_PROCESSES.filter(({ request: { fault } }) => fault !== 'pause'))
    await promptly(t, `${request.fault} over`, LEASE_MS + GRACE_MS, () => leaseRunsOut(world, request));
});

test('the daemon is killed with all faults on the wire: a new one lets everything through', async (t) => {
  await using world = await ChaosWorld.start();
  await promptly(t, 'healthy', RESTART_MS_MAX, async () => {
    await unlessLost(t, world, async () => {
      for (const { request } of ON_THE_WIRE)
        await world.client.start({ ...request, forMs: 60_000, alongside: true });
      await requestFails(world);
    });
    await world.killDaemon();
    await world.startDaemon();
    const tookMs = await world.healthy(soon.timeoutMs);
    await nothingLeft(world, 'after the daemon');
    return tookMs;
  });
});

test('the daemon is killed with a process in its hands: the reaper frees it', async (t) => {
  await using world = await ChaosWorld.start();
  for (const { request, felt } of ON_PROCESSES)
    await promptly(t, `${request.fault} taken back`, GRACE_MS, async () => {
      await unlessLost(t, world, async () => {
        await world.client.start({ ...request, forMs: 60_000 });
        await felt(world);
      });
      return daemonKilled(world, request.fault);
    });
});

test('negative control: without the reaper the target stays stopped, until a new daemon reads the journal', async (t) => {
  await using world = await ChaosWorld.start();
  await startReaper(t, world);
  const { daemonPid, reaperPid } = world;
  assert.ok(reaperPid !== undefined);
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of [reaperPid, daemonPid]) process.kill(pid, name);
  };
  const held = async (): Promise<void> => {
    await world.client.start({ fault: 'pause', target: 'quotes', leaseMs: RENEWED_LEASE_MS });
    await stopped(world);
    // Once both stand still nobody frees it: it is held now, or its lease was over before.
    signal('SIGSTOP');
    if (world.serviceState === 'T') return;
    signal('SIGCONT');
    throw new Error('the service went on before both stood still');
  };
  await unlessLost(t, world, held, lapsed());
  await world.killDaemon();
  process.kill(reaperPid, 'SIGKILL');
  await sleep(RENEWED_LEASE_MS + GRACE_MS);
  assert.equal(world.serviceState, 'T', 'nobody is there to free it');
  await world.startDaemon();
  await nothingLeft(world, 'after the replay');
});

test('the reaper is killed: what it guarded ends at once; the daemon’s own end too frees all', async (t) => {
  await using world = await ChaosWorld.start();
  await world.client.start({ fault: 'pause', target: 'quotes', forMs: 60_000 });
  const first = world.reaperPid;
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  await until('the fault to be over', async () => (await world.client.list()).active.length === 0, soon);
  await nothingLeft(world, 'after the reaper');

  // With a new reaper, told to stop, the daemon takes everything back first.
  await unlessLost(t, world, async () => {
    await world.client.start({ fault: 'pause', target: 'quotes', forMs: 60_000 });
    await stopped(world);
  });
  const { daemonPid, reaperPid } = world;
  process.kill(daemonPid, 'SIGTERM');
  await until('both to be gone', () => !isAlive(daemonPid) && !isAlive(reaperPid ?? 0), soon);
  assert.notEqual(world.serviceState, 'T');
});

test('what is not the demo’s own is refused, and so are browsers', async (t) => {
  await using world = await ChaosWorld.start();
  const refusal = async (request: FaultRequest): Promise<string> => {
    const error = await world.client.start(request).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return isCoded(error) ? error.code : 'started';
  };
  const pause = { fault: 'pause', target: 'quotes' };
  assert.equal(await refusal({ fault: 'pause', target: 'billing' }), 'PLIM_TARGET_REFUSED', 'unknown name');
  const parent = { pid: process.ppid, startTicks: statOf(process.ppid)?.startTicks };
  world.writeDemoFile(parent);
  assert.equal(
    await refusal(pause),
    'PLIM_TARGET_REFUSED',
    'a living process that the supervisor did not start',
  );
  world.writeDemoFile({ startTicks: 1 });
  assert.equal(await refusal(pause), 'PLIM_TARGET_REFUSED', 'a pid used again');
  world.writeDemoFile({ pid: 1 });
  assert.equal(await refusal(pause), 'PLIM_DEMO_FILE', 'the first process of the system');
  world.writeDemoFile({ port: 1 });
  assert.equal(
    await refusal({ fault: 'cut', target: 'quotes' }),
    'PLIM_TARGET_REFUSED',
    'a proxy to elsewhere',
  );
  world.writeDemoFile();
  assert.equal(await refusal({ ...pause, forMs: 3_600_000 }), 'PLIM_PARAMETER', 'too long');
  await world.client.block(true);
  assert.equal(await refusal(pause), 'PLIM_FAULT_REFUSED', 'blocked');
  await world.client.block(false);
  await unlessLost(t, world, async () => {
    await world.client.start({ fault: 'latency', target: 'quotes', sham: true, forMs: 60_000 });
    assert.equal(await refusal(pause), 'PLIM_FAULT_REFUSED', 'one at a time');
    await world.client.start({ ...pause, alongside: true, forMs: 60_000 });
    const squeeze = { fault: 'cpu-pressure', target: 'quotes', alongside: true };
    assert.equal(await refusal(squeeze), 'PLIM_FAULT_REFUSED', 'two of one process');
  });
  await world.client.stopAll();
  assert.notEqual(world.serviceState, 'T');
  for (const path of ['/faults', '/proxies', '/residue']) {
    const response = await fetch(`${world.control}${path}`, { headers: { 'user-agent': 'Mozilla/5.0' } });
    assert.equal(response.status, 403, path);
  }
});

test('a full disk of the target’s own is empty again, with and without the daemon', async (t) => {
  await using world = await ChaosWorld.start();
  if (!mounted(t, world.state)) return;
  try {
    const ballast = join(world.state, '.ballast');
    const file = join(world.state, 'x');
    const write = ['if=/dev/zero', `of=${file}`, 'bs=4096', 'count=1'];
    await unlessLost(t, world, async () => {
      rmSync(file, { force: true });
      const { id } = await world.client.start({ fault: 'disk-full', target: 'quotes', forMs: 60_000 });
      assert.throws(() => execFileSync('dd', write, { stdio: 'ignore' }));
      await world.client.stop(id);
    });
    await nothingLeft(world, 'stopped');
    await world.client.start({ fault: 'disk-full', target: 'quotes', forMs: 60_000 });
    await world.killDaemon();
    await until('the reaper to clear it', () => !existsSync(ballast), soon);
    await world.startDaemon();
    await nothingLeft(world, 'killed');
  } finally {
    execFileSync('umount', [world.state]);
  }
});

test('a wrong clock is right again, with and without the daemon', async (t) => {
  const { libfaketime } = thisMachine();
  if (libfaketime === undefined) {
    t.skip('libfaketime is not installed');
    return;
  }
  await using world = await ChaosWorld.start((root) => {
    const file = join(root, 'clock');
    writeFileSync(file, '+0\n');
    const fresh = { FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    return { LD_PRELOAD: libfaketime, FAKETIME_TIMESTAMP_FILE: file, ...fresh };
  });
  const skewed = { fault: 'clock-skew', target: 'quotes', parameters: { offset: -300 }, forMs: 60_000 };
  const isRight = async (): Promise<boolean> => Math.abs(await world.clockSkew()) < 5;
  await unlessLost(t, world, async () => {
    const { id } = await world.client.start(skewed);
    assert.ok(Math.abs(300 + (await world.clockSkew())) < 5);
    await world.client.stop(id);
  });
  assert.ok(await isRight());
  await world.client.start(skewed);
  await world.killDaemon();
  await world.startDaemon();
  assert.ok(await isRight());
  await nothingLeft(world, 'killed');
});

/** A tmpfs of 1 MiB on `folder`; only root may, where mounts are allowed at all. */
function mounted(t: TestContext, folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    t.skip('this user may not mount a tmpfs');
    return false;
  }
}
