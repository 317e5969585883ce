/** Every fault that needs nothing of the machine: how it is asked for, and how it is felt. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRequest } from '#chaos/client.ts';
import type { ChaosWorld } from '#test/support/chaos.ts';
import { infiniteIfLost, lapsed, unlessLost } from '#test/support/lost-faults.ts';
import { isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

/** What a fault may outlive its lease or its daemon by. */
export const GRACE_MS = 250;
/** A new daemon's first answer, on a machine with other things to do. */
export const RESTART_MS_MAX = 5000;

export interface Case {
  readonly request: FaultRequest;
  /** Resolves once the fault is felt; rejects when it is not. */
  readonly felt: (world: ChaosWorld) => Promise<unknown>;
}

const INJECTOR = join(import.meta.dirname, 'chaos-injector.ts');
/** When a wait is in vain, on a machine that may stand still for seconds; nothing promises it. */
export const soon = { timeoutMs: 10_000, everyMs: 5 };
/** Likewise for a start of Node. */
const started = { timeoutMs: 15_000, everyMs: 5 };

export function requestFails(world: ChaosWorld, proxy = 'quotes'): Promise<unknown> {
  return until('a request to fail', async () => (await world.ask('/', 150, proxy)).status === 0, soon);
}

function requestTakes(ms: number): Case['felt'] {
  return (world) => until(`a request to take ${ms} ms`, async () => (await world.ask()).tookMs >= ms, soon);
}

function statusIs(status: number): Case['felt'] {
  return (world) => until(`status ${status}`, async () => (await world.ask()).status === status, soon);
}

function on(fault: string, parameters: Case['request']['parameters'], felt: Case['felt']): Case {
  return { request: { fault, target: 'quotes', ...(parameters === undefined ? {} : { parameters }) }, felt };
}

export async function stopped(world: ChaosWorld): Promise<unknown> {
  return until('the service to be stopped', () => world.serviceState === 'T', { ...soon, everyMs: 1 });
}

export const ON_THE_WIRE: readonly Case[] = [
  on('latency', { latency: 150 }, requestTakes(145)),
  on('jitter', { latency: 120, jitter: 10 }, requestTakes(105)),
  on('bandwidth', { rate: 100 }, (world) =>
    until('20 KB to take 150 ms', async () => (await world.ask('/large')).tookMs >= 150, soon),
  ),
  on('reset', {}, (world) => requestFails(world)),
  on('cut', {}, (world) => requestFails(world)),
  on('blackhole', {}, (world) => requestFails(world)),
  on('slow-close', { delay: 200 }, (world) =>
    until('a close to take 200 ms', async () => (await world.closeTakes()) >= 195, soon),
  ),
  on('http-error', { status: 503 }, statusIs(503)),
  on('http-abort', {}, (world) => requestFails(world)),
  on('http-delay', { delay: 150 }, requestTakes(145)),
  { request: { fault: 'carrier-outage' }, felt: (world) => requestFails(world, 'carriers') },
  { request: { fault: 'receiver-away' }, felt: (world) => requestFails(world, 'pager') },
];

export const ON_PROCESSES: readonly Case[] = [
  on('pause', {}, stopped),
  on('cpu-pressure', { share: 0.05 }, stopped),
  on('memory-pressure', { headroom: 8 }, async (world) => {
    const { servicePid } = world;
    await world.ask('/allocate/64', soon.timeoutMs);
    await until('the service to run out of memory', () => !isAlive(servicePid), soon);
  }),
  on('kill', {}, async (world) => {
    const first = world.servicePid;
    const second = await until(
      'a second process',
      () => world.servicePid !== first && world.servicePid,
      soon,
    );
    await until('the second to be killed too', () => world.servicePid !== second, soon);
  }),
];

/** Healthy again, and nothing is on or left of what was. */
export async function nothingLeft(world: ChaosWorld, what: string): Promise<void> {
  await world.healthy(soon.timeoutMs);
  assert.deepEqual(await world.client.residue(), { clean: true, residue: [] }, what);
  const { active } = await world.client.list();
  assert.deepEqual(active, [], what);
}

/**
 * Milliseconds from the daemon's death until the reaper has freed what it held and is gone;
 * then there is a new daemon, and nothing left.
 */
export async function daemonKilled(world: ChaosWorld, what: string): Promise<number> {
  const { reaperPid } = world;
  const killedMs = performance.now();
  await world.killDaemon();
  if (reaperPid !== undefined)
    await until('the reaper to be done', () => !isAlive(reaperPid), { ...soon, everyMs: 2 });
  const tookMs = performance.now() - killedMs;
  assert.notEqual(world.serviceState, 'T', what);
  await world.startDaemon();
  await nothingLeft(world, what);
  return tookMs;
}

/** Of faults that are renewed: a renewal may come late on a machine with other things to do. */
export const RENEWED_LEASE_MS = 1500;
/** Of faults that nobody renews. */
export const LEASE_MS = 1000;

/** Afterwards the reaper runs: no lease has to last for a start of Node. */
export async function startReaper(t: TestContext, world: ChaosWorld): Promise<void> {
  const pause = { fault: 'pause', target: 'quotes', forMs: 60_000 };
  await unlessLost(t, world, async () => world.client.stop((await world.client.start(pause)).id));
  await nothingLeft(world, 'once the reaper runs');
}

/**
 * All faults on the wire and one on a process, held and renewed; then nobody renews them.
 * Milliseconds; Infinity when the machine stood still for so long that faults were lost.
 */
export async function injectorKilled(world: ChaosWorld): Promise<number> {
  const [pause] = ON_PROCESSES;
  const requests = [...ON_THE_WIRE, ...(pause === undefined ? [] : [pause])].map(({ request }) => ({
    ...request,
    leaseMs: RENEWED_LEASE_MS,
    alongside: true,
  }));
  let killedMs = Infinity;
  const tookMs = await infiniteIfLost(
    world,
    async () => {
      await using injector = await injectorOf(world, requests);
      await sleep(1.1 * RENEWED_LEASE_MS);
      assert.equal((await world.client.list()).active.length, requests.length, 'renewed, they go on');
      injector.kill();
      killedMs = Date.now();
      await until('all faults to be over', async () => (await world.client.list()).active.length === 0, {
        ...soon,
        everyMs: 10,
      });
      const { ended } = await world.client.list();
      const these = ended.slice(-requests.length);
      assert.deepEqual(new Set(these.map(({ endedBy }) => endedBy)), new Set(['lease over']));
      assert.ok(
        these.every(({ endedMs = 0 }) => endedMs >= killedMs),
        'renewed until then',
      );
      return Math.max(...these.map(({ endedMs }) => (endedMs ?? Infinity) - killedMs));
    },
    lapsed(() => killedMs),
  );
  await nothingLeft(world, 'after the injector');
  return tookMs;
}

interface Injector extends AsyncDisposable {
  kill(): void;
}

/** Resolves once it holds all of `requests`. */
async function injectorOf(world: ChaosWorld, requests: readonly FaultRequest[]): Promise<Injector> {
  const child = spawn(process.execPath, [INJECTOR, world.control, JSON.stringify(requests)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const kill = (): void => void child.kill('SIGKILL');
  const end = async (): Promise<void> => {
    kill();
    await gone;
  };
  const isHolding = (): boolean => {
    if (child.exitCode !== null) throw new Error('the injector ended before it held all faults');
    return child.stdout.read() !== null;
  };
  try {
    await until('all faults to be held', isHolding, started);
  } catch (error) {
    await end();
    throw error;
  }
  return { kill, [Symbol.asyncDispose]: end };
}

/** Milliseconds from its beginning to its end; Infinity when it was over before it had begun. */
export async function leaseRunsOut(world: ChaosWorld, request: FaultRequest): Promise<number> {
  const tookMs = await infiniteIfLost(
    world,
    async () => {
      const { id } = await world.client.start({ ...request, leaseMs: LEASE_MS });
      const over = await until(
        'it to be over',
        async () => (await world.client.list()).ended.find((fault) => fault.id === id) ?? false,
        { ...soon, everyMs: 10 },
      );
      return (over.endedMs ?? Infinity) - over.startedMs;
    },
    lapsed(),
  );
  await nothingLeft(world, request.fault);
  return tookMs;
}
