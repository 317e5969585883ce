/**
 * Begins and ends faults. Whatever way one ends, by its lease, by request, by a
 * failure half-way or with the daemon, it goes through `#finish`, once.
 */
import { within, type Clock, type Timer } from '#base/clock.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { FaultBook, type FaultRecord } from '#chaos/core/book.ts';
import type { JournalLine, UnfinishedFault } from '#chaos/core/journal.ts';
import { fixedLease, LEASE_MS_DEFAULT, renewedLease, renewEveryMs } from '#chaos/core/lease.ts';
import { sameProcess, type UndoAction } from '#chaos/core/undo.ts';
import { availabilityOf } from '#chaos/daemon/availability.ts';
import type { StartRequest } from '#chaos/daemon/request.ts';
import { LOOK_EVERY_MS, whyNotOwn, type Targets } from '#chaos/daemon/targets.ts';
import type { Machine, RunningFault, Scene, World } from '#chaos/faults/fault.ts';
import type { Target } from '#chaos/core/targets.ts';

/** What the controller needs of the disk and of other processes. */
export interface Safety {
  /** Durable before it resolves. */
  journal(line: JournalLine): Promise<void>;
  /** Resolves once another process would do it in our place. */
  arm(id: string, undo: UndoAction): Promise<void>;
  disarm(id: string): void;
  beat(): void;
  perform(undo: UndoAction): Promise<void>;
  /** What is left of the deed, in words. */
  residue(undo: UndoAction): Promise<string | undefined>;
}

export interface ControllerOptions {
  readonly world: World;
  readonly machine: Machine;
  readonly targets: Targets;
  readonly safety: Safety;
  readonly newId: () => string;
  readonly say: (message: string) => void;
}

interface Held {
  readonly record: FaultRecord;
  readonly undo: UndoAction[];
  target: Target | undefined;
  running: RunningFault | undefined;
  /** Set while it begins or follows its target to a new process. */
  striking: Promise<void> | undefined;
  /** Set once it has begun to end. */
  finished: Promise<FaultRecord> | undefined;
}

/** A beat so late means that this process stood still: the reaper has freed what we held. */
const STALLED_MS = LEASE_MS_DEFAULT;
/** How often the reaper hears of us. */
const BEAT_MS = renewEveryMs(LEASE_MS_DEFAULT);
/** Before another attempt at what could not be taken back. */
const RETRY_MS = 250;
const UNDO_ATTEMPTS_MAX = 20;
/** For a beginning to be over: the reaper answers sooner, or the arming fails. */
const STRIKING_MS_MAX = 15_000;

export class Controller implements AsyncDisposable {
  readonly book = new FaultBook();
  readonly #options: ControllerOptions;
  readonly #held = new Map<string, Held>();
  /** What could not be taken back; empty, or something is wrong. */
  readonly #residue: string[] = [];
  #expiry: Timer | undefined;
  #look: Timer | undefined;
  #beat: Timer | undefined;
  #beatMs = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  get residue(): readonly string[] {
    return this.#residue;
  }

  get #clock(): Clock {
    return this.#options.world.clock;
  }

  /** Milliseconds left of a fault's lease. */
  leftMs(id: string): number {
    return this.book.remainingMs(id, this.#clock.monotonicMs());
  }

  /** Takes back what a daemon before us left. */
  async recover(left: readonly UnfinishedFault[]): Promise<void> {
    for (const { id, fault, target, undo } of left) {
      this.#options.say(`taking back ${fault} on ${target}, left by the daemon before`);
      this.#residue.push(...(await this.#takeBack(undo)));
      await this.#options.safety.journal({ event: 'end', atMs: this.#clock.wallMs(), id, why: 'restart' });
    }
  }

  /** @throws CodedError `PLIM_FAULT_REFUSED`, `PLIM_TARGET_REFUSED`, `PLIM_FAULT_UNAVAILABLE`, `PLIM_FAULT_FAILED` */
  async start(request: StartRequest): Promise<FaultRecord> {
    const { definition, parameters, sham } = request;
    const { claim } = definition;
    this.book.admit({ target: request.target, claim }, request.alongside);
    const target = this.#targetOf(request);
    const proxy = definition.acts === 'proxy' ? this.#proxyOf(request) : '';
    const id = `${definition.name}-${this.#options.newId()}`;
    const startedMs = this.#clock.wallMs();
    const record: FaultRecord = {
      id,
      fault: definition.name,
      target: request.target,
      claim,
      parameters,
      sham,
      startedMs,
      endedMs: undefined,
      endedBy: undefined,
    };
    const held: Held = {
      record,
      undo: [],
      target,
      running: undefined,
      striking: undefined,
      finished: undefined,
    };
    const nowMs = this.#clock.monotonicMs();
    const { lease } = request;
    this.book.open(
      record,
      lease.kind === 'fixed' ? fixedLease(nowMs, lease.forMs) : renewedLease(nowMs, lease.leaseMs),
    );
    this.#held.set(id, held);
    this.#schedule();
    try {
      await this.#strike(held, this.#begin(held, request, proxy));
    } catch (error) {
      await this.stop(id, 'failure');
      if (error instanceof CodedError) throw error;
      throw new CodedError('PLIM_FAULT_FAILED', `${id} did not begin: ${errorText(error)}`, { cause: error });
    }
    // It may have been told to end while it began.
    return held.finished ?? record;
  }

  /** @throws CodedError `PLIM_NOT_FOUND` when it is not on (any more) */
  renew(id: string): FaultRecord {
    const record = this.book.renew(id, this.#clock.monotonicMs());
    if (record === undefined) throw this.#notOn(id);
    this.#schedule();
    return record;
  }

  /** Resolves once it is taken back; again gives the same. @throws CodedError `PLIM_NOT_FOUND` */
  async stop(id: string, why: string): Promise<FaultRecord> {
    const held = this.#held.get(id);
    if (held !== undefined) return (held.finished ??= this.#finish(held, why));
    const record = this.book.find(id);
    if (record === undefined) throw this.#notOn(id);
    return record;
  }

  /** Resolves with the number of faults that were on. */
  async stopAll(why: string): Promise<number> {
    const ids = [...this.#held.keys()];
    await Promise.all(ids.map((id) => this.stop(id, why)));
    return ids.length;
  }

  /** The reaper is gone: what it guarded must not go on without it. */
  async reaperLost(): Promise<void> {
    const guarded = [...this.#held.values()].filter(({ undo }) => undo.length > 0);
    await Promise.all(guarded.map(({ record }) => this.stop(record.id, 'reaper lost')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll('daemon stopped');
    for (const timer of [this.#expiry, this.#look, this.#beat]) timer?.cancel();
  }

  // -- beginning ----------------------------------------------------------------

  #targetOf({ definition, target }: StartRequest): Target | undefined {
    const { machine, targets, world } = this.#options;
    const onMachine = definition.available(machine);
    if (onMachine.kind === 'unavailable') throw notAvailable(definition.name, onMachine.reason);
    if (definition.acts === 'proxy') return undefined;
    const found = targets.process(target, world.processes);
    const onTarget = availabilityOf(definition, machine, found, world.files);
    if (onTarget.kind === 'unavailable') throw notAvailable(definition.name, onTarget.reason);
    return found;
  }

  #proxyOf({ target }: StartRequest): string {
    return this.#options.targets.proxy(target, this.#options.world.network);
  }

  /** What ends the fault meanwhile waits for `deed`, and takes back what it did. */
  async #strike(held: Held, deed: Promise<void>): Promise<void> {
    held.striking = deed;
    try {
      await deed;
    } finally {
      held.striking = undefined;
    }
  }

  async #begin(held: Held, request: StartRequest, proxy: string): Promise<void> {
    const { world, safety } = this.#options;
    const { definition, parameters } = request;
    const { id, fault, target, startedMs } = held.record;
    await safety.journal({ event: 'begin', atMs: startedMs, id, fault, target });
    if (request.sham || this.#isFinishing(held)) return;
    const scene: Scene = {
      ...world,
      id,
      proxy,
      target: held.target,
      arm: (undo) => this.#arm(held, undo),
    };
    held.running = await definition.begin(scene, parameters);
  }

  async #arm(held: Held, undo: UndoAction): Promise<void> {
    const { safety } = this.#options;
    const { id } = held.record;
    if (held.finished !== undefined)
      throw new CodedError('PLIM_FAULT_FAILED', `${id} ended while it was beginning`);
    held.undo.push(undo);
    await safety.journal({ event: 'arm', atMs: this.#clock.wallMs(), id, undo });
    await safety.arm(id, undo);
    // Ended while we waited: the deed must not follow.
    if (this.#isFinishing(held))
      throw new CodedError('PLIM_FAULT_FAILED', `${id} ended while it was beginning`);
  }

  #isFinishing(held: Held): boolean {
    return held.finished !== undefined;
  }

  // -- ending -------------------------------------------------------------------

  async #finish(held: Held, why: string): Promise<FaultRecord> {
    const { safety, say } = this.#options;
    const { id } = held.record;
    this.book.ending(id);
    const { striking } = held;
    const over = striking && within(this.#clock, STRIKING_MS_MAX, Promise.allSettled([striking]));
    let left = await this.#end(held);
    if (over !== undefined) {
      // Armed to the last: until it is over it may strike, or arm, once more.
      if ((await over) === undefined) say(`${id} ends although it has not begun after ${STRIKING_MS_MAX} ms`);
      left = await this.#end(held);
    }
    this.#residue.push(...left);
    const endedMs = this.#clock.wallMs();
    const record = this.book.close(id, endedMs, why) ?? held.record;
    await safety.journal({ event: 'end', atMs: endedMs, id, why }).catch((error: unknown) => {
      say(`the journal of faults cannot be written: ${errorText(error)}`);
    });
    safety.disarm(id);
    this.#held.delete(id);
    this.#schedule();
    return record;
  }

  /** Can be done twice. Returns what is left, in words. */
  async #end(held: Held): Promise<readonly string[]> {
    const failed: string[] = [];
    try {
      await held.running?.end();
    } catch (error) {
      failed.push(`${held.record.id}: ${errorText(error)}`);
    }
    return [...failed, ...(await this.#takeBack(held.undo))];
  }

  /** From the last to the first, each until nothing of its deed is left. Returns what is, in words. */
  async #takeBack(undo: readonly UndoAction[]): Promise<readonly string[]> {
    const all: string[] = [];
    for (const action of undo.toReversed()) {
      const left = await this.#takeBackOne(action);
      if (left !== undefined) all.push(left);
    }
    return all;
  }

  async #takeBackOne(action: UndoAction): Promise<string | undefined> {
    const { safety } = this.#options;
    let left: string | undefined;
    for (let attempt = 0; attempt < UNDO_ATTEMPTS_MAX; attempt += 1) {
      try {
        await safety.perform(action);
        left = await safety.residue(action);
      } catch (error) {
        left = `${JSON.stringify(action)}: ${errorText(error)}`;
      }
      if (left === undefined) return undefined;
      await new Promise<void>((resolve) => void this.#clock.startTimer(RETRY_MS, resolve));
    }
    return left;
  }

  // -- time ---------------------------------------------------------------------

  /** Timers that the faults now on need, and no other. */
  #schedule(): void {
    this.#expiry?.cancel();
    const nextMs = this.book.nextExpiryMs();
    this.#expiry =
      nextMs === undefined
        ? undefined
        : this.#clock.startTimer(Math.max(0, nextMs - this.#clock.monotonicMs()), () => this.#expire());
    if (this.#held.size === 0) {
      this.#look?.cancel();
      this.#beat?.cancel();
      this.#look = undefined;
      this.#beat = undefined;
      return;
    }
    if (this.#beat === undefined) {
      this.#beatMs = this.#clock.monotonicMs();
      this.#beat = this.#clock.startTimer(BEAT_MS, () => this.#onBeat());
    }
    this.#look ??= this.#clock.startTimer(LOOK_EVERY_MS, () => void this.#onLook());
  }

  #expire(): void {
    for (const id of this.book.expired(this.#clock.monotonicMs())) void this.stop(id, 'lease over');
    // A timer may fire a little early.
    this.#schedule();
  }

  #onBeat(): void {
    const nowMs = this.#clock.monotonicMs();
    const stalled = nowMs - this.#beatMs >= STALLED_MS;
    this.#beat = undefined;
    this.#options.safety.beat();
    if (stalled) void this.stopAll('daemon stalled');
    this.#schedule();
  }

  /** Targets that were started again are struck again. */
  async #onLook(): Promise<void> {
    const followers = [...this.#held.values()].filter(({ running }) => running?.onProcess !== undefined);
    for (const held of followers) {
      try {
        await this.#follow(held);
      } catch (error) {
        this.#options.say(`${held.record.id}: ${errorText(error)}`);
      }
    }
    this.#look = undefined;
    this.#schedule();
  }

  async #follow(held: Held): Promise<void> {
    const { targets, world } = this.#options;
    if (held.finished !== undefined || held.target === undefined) return;
    const demo = targets.read();
    const now = demo?.targets.get(held.target.name);
    if (demo === undefined || now === undefined || sameProcess(now.process, held.target.process)) return;
    if (whyNotOwn(now, demo, world.processes) !== undefined) return;
    held.target = now;
    const follow = held.running?.onProcess?.(now.process);
    if (follow !== undefined) await this.#strike(held, follow);
  }

  #notOn(id: string): CodedError {
    const known = this.book.active.map((record) => record.id);
    return new CodedError('PLIM_NOT_FOUND', `no fault ${id} is on; on are ${known.join(', ') || 'none'}`);
  }
}

function notAvailable(fault: string, reason: string): CodedError {
  return new CodedError('PLIM_FAULT_UNAVAILABLE', `${fault} is not possible here: ${reason}`);
}
