/** However late in a fault its daemon or its injector dies: it is over within 250 ms more, every time. */
import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '#base/sim/random.ts';
import {
  daemonKilled,
  GRACE_MS,
  injectorKilled,
  LEASE_MS,
  leaseRunsOut,
  ON_PROCESSES,
  RENEWED_LEASE_MS,
  startReaper,
} from '#test/support/chaos-cases.ts';
import { ChaosWorld } from '#test/support/chaos.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = 200;
/** By then every fault on a process has struck, and more than once where it strikes again and again. */
const INSTANT_MS_MAX = 400;

test('200 kills of the daemon at any instant of a fault', async (t) => {
  await using world = await ChaosWorld.start();
  const random = seededRandom(SEED);
  const slow: string[] = [];
  const tookMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { request } = ON_PROCESSES[kill % ON_PROCESSES.length] ?? { request: { fault: 'pause' } };
    const instantMs = random.below(INSTANT_MS_MAX);
    await world.client.start({ ...request, forMs: 60_000 });
    await sleep(instantMs);
    const freeMs = await daemonKilled(world, `${request.fault} after ${instantMs} ms, seed ${SEED}`);
    tookMs.push(freeMs);
    if (freeMs > GRACE_MS) slow.push(`${request.fault} after ${instantMs} ms: ${freeMs.toFixed(0)} ms`);
  }
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (quantile: number): string => (sorted[Math.ceil(quantile * KILLS) - 1] ?? NaN).toFixed(0);
  t.diagnostic(`seed ${SEED}: free after ${at(0.5)} ms (p50), ${at(0.99)} (p99), ${at(1)} (slowest)`);
  ok(slow.length === 0, `seed ${SEED}, ${slow.length} of ${KILLS} too late: ${slow.join('; ')}`);
});

test('20 kills of an injector that holds every fault, and 20 leases of each that nobody renews', async (t) => {
  await using world = await ChaosWorld.start();
  await startReaper(t, world);
  const overMs: number[] = [];
  for (let kill = 0; kill < 20; kill += 1) overMs.push((await injectorKilled(world)) - RENEWED_LEASE_MS);
  for (let lease = 0; lease < 20; lease += 1)
    for (const { request } of ON_PROCESSES) overMs.push((await leaseRunsOut(world, request)) - LEASE_MS);
  t.diagnostic(`the slowest outlived its lease by ${Math.max(...overMs)} ms`);
  ok(Math.max(...overMs) <= GRACE_MS, overMs.join(' '));
});
