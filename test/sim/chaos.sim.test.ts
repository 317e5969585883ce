/**
 * Random histories of faults on a simulated clock: injectors that stop renewing,
 * targets that are started again, daemons killed at any moment, with the reaper
 * and without it. Afterwards nothing may be left.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, type Clock, type Timer } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';
import type { Random } from '#base/random.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { formatLine, replay, type JournalLine } from '#chaos/core/journal.ts';
import type { ProcessIdentity, UndoAction } from '#chaos/core/undo.ts';
import { Controller } from '#chaos/daemon/controller.ts';
import { readStartRequest } from '#chaos/daemon/request.ts';
import { Targets } from '#chaos/daemon/targets.ts';
import type { Toxic, World } from '#chaos/faults/fault.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const HISTORIES = 600 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1);
const GRACE_MS = 250;
const SUPERVISOR: ProcessIdentity = { pid: 100, startTicks: 1 };
const FAULTS = [
  'latency',
  'cut',
  'http-error',
  'pause',
  'cpu-pressure',
  'kill',
  'memory-pressure',
  'blackhole',
];

/** The machine: outlives every daemon. */
class Machine {
  readonly clock = new SimulatedClock();
  readonly random: Random;
  target: ProcessIdentity = { pid: 1000, startTicks: 5 };
  stopped = false;
  limit = 'unlimited';
  /** Nothing can be taken back now. */
  stuck = false;
  journal = '';
  armed = new Map<string, UndoAction[]>();
  /** False: nobody acts when the daemon dies. */
  reaperLives = true;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  restart(): void {
    this.target = { pid: this.target.pid + 1, startTicks: this.target.startTicks + 1 };
    this.stopped = false;
    this.limit = 'unlimited';
  }

  isTarget({ pid, startTicks }: ProcessIdentity): boolean {
    return pid === this.target.pid && startTicks === this.target.startTicks;
  }

  async undo(action: UndoAction): Promise<void> {
    if (this.stuck) return;
    if (action.kind === 'continue' && this.isTarget(action.process)) this.stopped = false;
    if (action.kind === 'data-limit' && this.isTarget(action.process)) this.limit = action.soft;
  }

  async residue(action: UndoAction): Promise<string | undefined> {
    if (action.kind === 'continue' && this.isTarget(action.process) && this.stopped) return 'stopped';
    return action.kind === 'data-limit' && this.isTarget(action.process) && this.limit !== action.soft
      ? 'limited'
      : undefined;
  }
}

/** `demo.json` without the disk. */
class SimulatedTargets extends Targets {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    super(undefined);
    this.#machine = machine;
  }

  override read() {
    const quotes = {
      name: 'quotes',
      process: this.#machine.target,
      port: 80,
      proxy: 'quotes',
      dataDir: undefined,
    };
    const nowhere = { origin: '', otlpHttp: '', chaos: '', load: '', gateway: '' };
    return { ...nowhere, supervisor: SUPERVISOR, targets: new Map([['quotes', quotes]]) };
  }
}

/** One life of the daemon; after `kill` nothing it still tries has an effect. */
class DaemonLife {
  readonly controller: Controller;
  readonly toxics = new Map<string, Toxic>();
  enabled = true;
  #alive = true;
  readonly #machine: Machine;
  /** They end with the process. */
  readonly #timers = new Set<Timer>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.controller = new Controller({
      world: this.#world(),
      machine: { hasProc: true, isRoot: true, prlimit: 'prlimit', libfaketime: undefined },
      targets: new SimulatedTargets(machine),
      newId: () => String(machine.random.below(2 ** 31)),
      say: () => {},
      safety: {
        journal: (line: JournalLine) => this.#takesTime(() => (machine.journal += formatLine(line))),
        arm: (id, undo) =>
          this.#takesTime(() => machine.armed.set(id, [...(machine.armed.get(id) ?? []), undo])),
        disarm: (id) => void (this.#alive && machine.armed.delete(id)),
        beat: () => {},
        perform: (undo) => (this.#alive ? machine.undo(undo) : Promise.resolve()),
        residue: (undo) => machine.residue(undo),
      },
    });
  }

  /** SIGKILL: the proxies go with it; the reaper does what is armed, if it lives. */
  async kill(): Promise<void> {
    this.#alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.toxics.clear();
    this.enabled = true;
    const armed = [...this.#machine.armed.values()].flat().toReversed();
    this.#machine.armed.clear();
    if (this.#machine.reaperLives) for (const action of armed) await this.#machine.undo(action);
  }

  /** A write and a message need up to 3 ms; the daemon may be dead by then. */
  async #takesTime(act: () => void): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#machine.clock.startTimer(this.#machine.random.below(4), resolve),
    );
    if (this.#alive) act();
    else await new Promise(() => {});
  }

  #clock(): Clock {
    const { clock } = this.#machine;
    return {
      wallMs: () => clock.wallMs(),
      wallNanos: () => clock.wallNanos(),
      monotonicMs: () => clock.monotonicMs(),
      startTimer: (delayMs, fire) => {
        const timer = clock.startTimer(delayMs, fire);
        this.#timers.add(timer);
        if (!this.#alive) timer.cancel();
        return timer;
      },
    };
  }

  #world(): World {
    const machine = this.#machine;
    return {
      clock: this.#clock(),
      network: {
        names: ['quotes'],
        upstreamPort: (name) => (name === 'quotes' ? 80 : undefined),
        addToxic: async (_, toxic) => void this.toxics.set(toxic.name, toxic),
        removeToxic: async (_, name) => void this.toxics.delete(name),
        setEnabled: async (_, enabled) => void (this.enabled = enabled),
      },
      processes: {
        isThere: (process) => machine.isTarget(process),
        isBelow: () => true,
        signal: (process, signal) => {
          if (!this.#alive || !machine.isTarget(process)) return false;
          if (signal === 'SIGKILL') machine.clock.startTimer(30, () => machine.restart());
          else machine.stopped = signal === 'SIGSTOP';
          return true;
        },
        dataSegment: async (process) =>
          machine.isTarget(process) ? { usedBytes: 1000, soft: machine.limit } : undefined,
        limitData: async (process, softBytes) => {
          if (!this.#alive || !machine.isTarget(process)) return false;
          machine.limit = String(softBytes);
          return true;
        },
      },
      files: {
        tmpfsBytes: () => undefined,
        fill: async () => 0,
        write: async () => {},
        clockFileOf: () => undefined,
      },
    };
  }
}

async function startSome(life: DaemonLife, random: Random): Promise<string | undefined> {
  const fixed = random.below(3) === 0;
  const request = readStartRequest({
    fault: FAULTS[random.below(FAULTS.length)],
    target: 'quotes',
    sham: random.below(10) === 0,
    alongside: random.below(2) === 0,
    ...(fixed ? { forMs: 1 + random.below(3000) } : { leaseMs: 200 + random.below(1500) }),
  });
  try {
    return (await life.controller.start(request)).id;
  } catch (error) {
    // Refused, or ended by the end of its lease while it began.
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function renewSome({ controller }: DaemonLife, random: Random): void {
  for (const { id } of controller.book.active) {
    const choice = random.below(6);
    if (choice === 0) void controller.stop(id, 'request');
    // One that is ending is refused.
    else if (choice < 4 && controller.leftMs(id) > 0) controller.renew(id);
  }
}

function leftOver(machine: Machine, life: DaemonLife): readonly string[] {
  const { book, residue } = life.controller;
  return [
    ...(machine.stopped ? ['stopped'] : []),
    ...(machine.limit === 'unlimited' ? [] : [`limit ${machine.limit}`]),
    ...[...life.toxics.keys()].map((name) => `toxic ${name}`),
    ...(life.enabled ? [] : ['disabled']),
    ...book.active.map(({ id }) => `on ${id}`),
    ...residue,
  ];
}

/** How long the longest fault can go on when nobody renews it. */
const LEASE_MS_LONGEST = 3000;

async function history(seed: number): Promise<{ readonly killed: number; readonly began: number }> {
  const machine = new Machine(seed);
  const { clock, random } = machine;
  let life = new DaemonLife(machine);
  const ids = new Set<string>();
  let killed = 0;
  for (let step = 0; step < 30; step += 1) {
    const choice = random.below(12);
    if (choice < 5) void startSome(life, random).then((id) => id !== undefined && ids.add(id));
    else if (choice < 8) renewSome(life, random);
    else if (choice === 8) machine.restart();
    else if (choice === 9) {
      killed += 1;
      machine.reaperLives = random.below(2) === 0;
      await life.kill();
      await clock.advanceAsync(random.below(500));
      life = new DaemonLife(machine);
      void life.controller.recover(replay(machine.journal).unfinished);
      await clock.advanceAsync(20);
      assert.deepEqual(leftOver(machine, life), [], `seed ${seed}: after a new daemon`);
    }
    await clock.advanceAsync(random.below(400));
  }
  await clock.advanceAsync(LEASE_MS_LONGEST + GRACE_MS);
  assert.deepEqual(leftOver(machine, life), [], `seed ${seed}: after the last lease`);
  assert.deepEqual([...machine.armed.keys()], [], `seed ${seed}: the reaper is told`);
  assert.deepEqual(replay(machine.journal).unfinished, [], `seed ${seed}: the journal`);
  await life.controller[Symbol.asyncDispose]();
  assert.equal(clock.nextDueMs(), undefined, `seed ${seed}: no timer is left`);
  return { killed, began: ids.size };
}

test('whoever dies, nothing is left', async (t) => {
  const total = { killed: 0, began: 0 };
  for (let index = 0; index < HISTORIES; index += 1) {
    const { killed, began } = await history(SEED + index);
    total.killed += killed;
    total.began += began;
  }
  t.diagnostic(`seed ${SEED}: ${total.began} faults, ${total.killed} daemons killed`);
  assert.ok(total.began > HISTORIES && total.killed > HISTORIES / 2, JSON.stringify(total));
});

test('what cannot be taken back while a fault begins, but afterwards, is not left', async () => {
  const machine = new Machine(SEED);
  const life = new DaemonLife(machine);
  const request = readStartRequest({ fault: 'pause', target: 'quotes', forMs: 60_000 });
  const begin: typeof request.definition.begin = async (scene, parameters) => {
    const running = await request.definition.begin(scene, parameters);
    machine.stuck = true;
    await sleep(machine.clock, 10_000);
    machine.stuck = false;
    return running;
  };
  const started = life.controller.start({ ...request, definition: { ...request.definition, begin } });
  await machine.clock.advanceAsync(100);
  assert.equal(machine.stopped, true);
  const stopped = life.controller.stopAll('request');
  await machine.clock.advanceAsync(20_000);
  assert.deepEqual([(await started).endedBy, await stopped], ['request', 1]);
  assert.deepEqual(leftOver(machine, life), []);
});

test('a fault that never finishes beginning ends all the same', async () => {
  const machine = new Machine(SEED);
  const life = new DaemonLife(machine);
  const request = readStartRequest({ fault: 'pause', target: 'quotes', forMs: 60_000 });
  const begin: typeof request.definition.begin = async (scene, parameters) => {
    await request.definition.begin(scene, parameters);
    return new Promise(() => {});
  };
  void life.controller.start({ ...request, definition: { ...request.definition, begin } });
  await machine.clock.advanceAsync(100);
  const stopped = life.controller.stopAll('request');
  await machine.clock.advanceAsync(100);
  assert.equal(machine.stopped, false, 'its target is freed at once');
  await machine.clock.advanceAsync(20_000);
  assert.equal(await stopped, 1);
  assert.deepEqual(leftOver(machine, life), []);
});

test('negative control: without journal and reaper a killed daemon leaves its target stopped', async () => {
  const machine = new Machine(SEED);
  const life = new DaemonLife(machine);
  void life.controller.start(readStartRequest({ fault: 'pause', target: 'quotes' }));
  await machine.clock.advanceAsync(100);
  machine.reaperLives = false;
  await life.kill();
  await machine.clock.advanceAsync(60_000);
  assert.equal(machine.stopped, true);
});
