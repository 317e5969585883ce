import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError, isCoded } from '#base/errors.ts';
import { silentLogger } from '#base/log.ts';
import type { RpcPort } from '#base/rpc.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { DEATHS_MAX, Part, type Host } from '#bin/supervise/part.ts';
import { servePart } from '#bin/threads/serve-part.ts';

interface EchoApi {
  echo(text: string): Promise<string>;
  never(): Promise<void>;
}

/** Two ends of a channel in memory: messages are cloned and come later, as between threads. */
class MemoryChannel {
  readonly #listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  readonly #closed: (() => void)[] = [];
  #open = true;

  end(side: 0 | 1): RpcPort {
    const other = this.#listeners[side === 0 ? 1 : 0];
    return {
      post: (message) => {
        const copy: unknown = structuredClone(message);
        queueMicrotask(() => {
          if (this.#open) for (const listener of other) listener(copy);
        });
      },
      onMessage: (listener) => void this.#listeners[side].push(listener),
      onClose: (listener) => void this.#closed.push(listener),
    };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#closed) listener();
  }
}

type Boot = 'works' | 'fails' | 'hangs';

/** Launches in memory what would be a thread, and can kill it. */
class World {
  readonly clock = new SimulatedClock();
  readonly lost: CodedError[] = [];
  readonly booted: number[] = [];
  boot: Boot = 'works';
  /** From now on it answers neither `collect` nor `close`. */
  hangs = false;
  launches = 0;
  closes = 0;
  #kill: ((reason: string) => void) | undefined;

  part(): Part<EchoApi, { readonly launch: number }, string> {
    return new Part({
      name: 'echo',
      launch: () => this.#launch(),
      options: () => ({ launch: this.launches }),
      clock: this.clock,
      log: silentLogger,
      onLost: (error) => void this.lost.push(error),
    });
  }

  /** As if the thread had crashed. */
  die(reason = 'SIGKILL'): void {
    this.#kill?.(reason);
  }

  #launch(): Host {
    this.launches += 1;
    const channel = new MemoryChannel();
    const exited = Promise.withResolvers<string>();
    const kill = (reason: string): void => {
      channel.close();
      exited.resolve(reason);
    };
    this.#kill = kill;
    const { boot } = this;
    servePart<{ readonly launch: number }, string>(channel.end(1), async (options) => {
      if (boot === 'fails') throw new CodedError('PLIM_DISK_FULL', 'no room');
      if (boot === 'hangs') await new Promise(() => {});
      this.booted.push(options.launch);
      return {
        info: `launch ${options.launch}`,
        api: {
          echo: (text: string) => Promise.resolve(text),
          never: () => new Promise<void>(() => {}),
        } satisfies EchoApi,
        collect: () =>
          this.hangs
            ? new Promise(() => {})
            : Promise.resolve([{ name: 'm', type: 'gauge', help: '', samples: [] }]),
        close: () => {
          this.closes += 1;
          if (this.hangs) return new Promise(() => {});
          return Promise.resolve();
        },
      };
    });
    return {
      port: channel.end(0),
      exited: exited.promise,
      kill: () => {
        kill('ended');
        return Promise.resolve();
      },
    };
  }
}

function unavailable(error: unknown): boolean {
  return isCoded(error, 'PLIM_STORE_UNAVAILABLE');
}

test('it boots with its options, answers and is collected', async () => {
  const world = new World();
  const part = world.part();
  equal(part.isUp, false);
  await rejects(part.api.echo('early'), unavailable);
  deepEqual(await part.collect(), []);
  equal(await part.start(), 'launch 1');
  equal(part.isUp, true);
  equal(await part.api.echo('hello'), 'hello');
  equal((await part.collect()).length, 1);
  await part.stop();
});

test('while it boots it is not up, and calls are told so', async () => {
  const world = new World();
  world.boot = 'hangs';
  const part = world.part();
  const starting = part.start();
  await world.clock.advanceAsync(10);
  equal(part.isUp, false);
  await rejects(part.api.echo('early'), unavailable);
  await part.stop();
  await rejects(starting, unavailable);
});

test('after a death calls reject, waiting ones too, and it comes back by itself', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  const waiting = rejects(part.api.never(), unavailable);
  world.die();
  await waiting;
  await world.clock.advanceAsync(0);
  equal(part.isUp, false);
  await rejects(part.api.echo('down'), unavailable);
  await world.clock.advanceAsync(250);
  equal(part.isUp, true);
  equal(part.restarts, 1);
  deepEqual(world.booted, [1, 2], 'options are asked for again');
  equal(await part.api.echo('back'), 'back');
  await part.stop();
});

test('the second restart within a minute waits longer than the first', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  const downMs: number[] = [];
  for (let death = 0; death < DEATHS_MAX - 1; death += 1) {
    world.die();
    await world.clock.advanceAsync(0);
    const diedMs = world.clock.monotonicMs();
    while (!part.isUp) await world.clock.advanceAsync(10);
    downMs.push(world.clock.monotonicMs() - diedMs);
  }
  const [first = 0, second = 0] = downMs;
  ok(first >= 100 && first <= 500, `first ${first} ms`);
  ok(second >= 2 * first && second <= 5000, `second ${second} ms`);
  await part.stop();
});

test('three deaths within a minute: given up, once, with the last reason', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  for (let death = 0; death < DEATHS_MAX; death += 1) {
    world.die(`reason ${death}`);
    await world.clock.advanceAsync(2000);
  }
  equal(world.lost.length, 1);
  equal(world.lost[0]?.code, 'PLIM_THREAD_LOST');
  match(world.lost[0]?.message ?? '', /^echo died 3 times within a minute, last: reason 2$/);
  equal(part.isUp, false);
  await world.clock.advanceAsync(120_000);
  equal(world.launches, DEATHS_MAX, 'it is not tried again');
});

test('three deaths in more than a minute are lived with', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  for (let death = 0; death < 5; death += 1) {
    world.die();
    await world.clock.advanceAsync(31_000);
    equal(part.isUp, true, `after death ${death}`);
  }
  deepEqual(world.lost, []);
  await part.stop();
});

test('a restart whose boot fails is a death too', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  world.boot = 'fails';
  world.die();
  await world.clock.advanceAsync(10_000);
  equal(world.lost.length, 1);
  equal(world.launches, DEATHS_MAX);
});

test('a first boot that fails says why', async () => {
  const world = new World();
  world.boot = 'fails';
  const part = world.part();
  await rejects(part.start(), (error) => isCoded(error, 'PLIM_DISK_FULL') && error.message === 'no room');
  equal(part.isUp, false);
  await part.stop();
});

test('stop flushes once, twice is safe, and nothing comes back', async () => {
  const world = new World();
  const part = world.part();
  await part.stop();
  const other = world.part();
  await other.start();
  await Promise.all([other.stop(), other.stop()]);
  await other.stop();
  equal(world.closes, 1);
  await rejects(other.api.echo('late'), unavailable);
  await world.clock.advanceAsync(120_000);
  equal(world.launches, 1);
});

test('a stop between a death and its restart ends the waiting', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  world.die();
  await world.clock.advanceAsync(50);
  await part.stop();
  equal(world.clock.nextDueMs(), undefined, 'no timer is left');
  await world.clock.advanceAsync(10_000);
  equal(world.launches, 1);
});

test('a part that hangs costs its own metrics and a limited wait at the stop, no more', async () => {
  const world = new World();
  const part = world.part();
  await part.start();
  world.hangs = true;
  const collected = part.collect();
  await world.clock.advanceAsync(5000);
  deepEqual(await collected, []);
  let stopped = false;
  const stop = part.stop().then(() => (stopped = true));
  await world.clock.advanceAsync(1000);
  equal(stopped, false, 'it gets its grace');
  await world.clock.advanceAsync(2000);
  await stop;
  equal(world.clock.nextDueMs(), undefined, 'no timer is left');
});
