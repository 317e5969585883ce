/**
 * One toxic in one direction of one connection: a short queue, the toxic at
 * work, and the way on. A stage can be restarted, changed or taken out while
 * bytes are in flight; none of that ever waits for anybody.
 */
import type { Clock, Timer } from '#base/clock.ts';
import { invariant } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';
import { passing } from '#chaos/proxy/core/toxics/noop.ts';
import type {
  Attributes,
  Chunk,
  Ending,
  Outlet,
  RunningToxic,
  StageMemory,
  StreamToxic,
} from '#chaos/proxy/core/toxics/toxic.ts';

/** Where bytes go next: a stage, an HTTP tap or a socket. */
export interface Sink {
  /** False: the sender should wait; what is pushed all the same is still taken. */
  accepts(): boolean;
  push(chunk: Chunk): void;
  /** No push follows. */
  end(ending: Ending): void;
}

/** A toxic as it is set on a proxy, shared by all its connections. */
export interface StreamToxicSetting {
  readonly kind: StreamToxic;
  /** Chance that it acts, drawn for each connection and at each restart. */
  readonly toxicity: number;
  readonly attributes: Attributes;
}

/** Bytes all stages of a set hold, so that together they stay bounded. */
export interface HeldBytes {
  bytes: number;
}

export interface StageWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly held: HeldBytes;
}

/** Bytes one stage holds: what upstream's 1,024 chunks of 32 KiB come to. */
export const STAGE_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes all stages hold before each may hold only {@link STAGE_BYTES_SCARCE}. */
export const HELD_BYTES_MAX = 256 * 1024 * 1024;
export const STAGE_BYTES_SCARCE = 256 * 1024;

export interface StageOptions {
  readonly setting: StreamToxicSetting;
  readonly world: StageWorld;
  readonly next: Sink;
  /** True when the connection opened with the toxic already there. */
  readonly isBorn: boolean;
  /** Called when the stage takes chunks again. */
  readonly onRoom: () => void;
}

export class Stage implements Sink {
  next: Sink;
  #setting: StreamToxicSetting;
  #running: RunningToxic;
  readonly #world: StageWorld;
  readonly #isBorn: boolean;
  readonly #onRoom: () => void;
  readonly #memory: StageMemory = { passedBytes: 0 };
  readonly #queue: Chunk[] = [];
  #queuedBytes = 0;
  /** The end that came in. */
  #ending: Ending | undefined;
  #endGiven = false;
  #closed = false;
  #holding = false;
  #timer: Timer | undefined;
  #pumping = false;
  /** Somebody was told to wait. */
  #isBlocking = false;

  constructor(options: StageOptions) {
    this.#setting = options.setting;
    this.#world = options.world;
    this.next = options.next;
    this.#isBorn = options.isBorn;
    this.#onRoom = options.onRoom;
    this.#running = this.#start();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  accepts(): boolean {
    const hasRoom = this.#closed || this.#hasRoom();
    if (!hasRoom) this.#isBlocking = true;
    return hasRoom;
  }

  push(chunk: Chunk): void {
    if (this.#closed) return;
    this.#queue.push(chunk);
    this.#count(chunk.data.length);
    this.pump();
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.pump();
  }

  /** Works off the queue as far as the toxic and the way on allow. */
  pump(): void {
    if (this.#pumping) return;
    this.#alone(() => this.#takeAll());
    this.#unblock();
  }

  /** Starts the toxic anew, with another setting if one is given; what it holds goes on first. */
  restart(setting: StreamToxicSetting = this.#setting): void {
    this.flush();
    if (this.#closed) return;
    this.#setting = setting;
    this.#running = this.#start();
    this.pump();
  }

  /** Lets go of what the toxic has in hand; a restart must follow. */
  flush(): void {
    if (this.#closed) return;
    this.#cancel();
    this.#alone(() => this.#running.interrupt?.());
  }

  /**
   * Hands on all it holds and stops. False when the connection ends here
   * instead: the stage then stays where it is and swallows what comes.
   */
  dissolve(): boolean {
    if (this.#closed) return false;
    this.flush();
    if (this.#setting.kind.onRemove === 'close') this.#close('close');
    if (this.#closed) return false;
    const waiting = this.#queue.splice(0);
    this.discard();
    for (const chunk of waiting) this.next.push(chunk);
    if (this.#ending !== undefined) this.next.end(this.#ending);
    return true;
  }

  /** Stops without handing anything on: the receiver is gone. */
  discard(): void {
    this.#closed = true;
    this.#cancel();
    this.#queue.length = 0;
    this.#count(-this.#queuedBytes);
  }

  #hasRoom(): boolean {
    if (this.#queue.length >= this.#setting.kind.chunksMax) return false;
    const isScarce = this.#world.held.bytes > HELD_BYTES_MAX;
    return this.#queuedBytes < (isScarce ? STAGE_BYTES_SCARCE : STAGE_BYTES_MAX);
  }

  /** Whoever was told to wait is told that there is room. */
  #unblock(): void {
    if (!this.#isBlocking || !this.accepts()) return;
    this.#isBlocking = false;
    this.#onRoom();
  }

  #takeAll(): void {
    while (this.#mayTake()) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#count(-chunk.data.length);
      this.#running.chunk(chunk);
    }
    if (this.#ending === undefined || this.#endGiven || this.#queue.length > 0 || !this.#mayTake()) return;
    this.#endGiven = true;
    this.#running.end();
  }

  #mayTake(): boolean {
    if (this.#holding || this.#closed) return false;
    return this.#running.swallows === true || this.next.accepts();
  }

  #start(): RunningToxic {
    this.#endGiven = false;
    const outlet = this.#outlet();
    const acts = this.#world.random.float() < this.#setting.toxicity;
    return acts ? this.#setting.kind.start(this.#setting.attributes, outlet) : passing(outlet);
  }

  #outlet(): Outlet {
    return {
      clock: this.#world.clock,
      random: this.#world.random,
      memory: this.#memory,
      isBorn: this.#isBorn,
      emit: (data, atMs) => {
        if (!this.#closed) this.next.push({ data, atMs });
      },
      hold: (delayMs, then) => this.#hold(delayMs, then),
      alarm: (delayMs, then) => this.#startTimer(delayMs, then),
      passEnd: () => this.#close(this.#ending ?? 'fin'),
      close: (ending) => this.#close(ending),
    };
  }

  #hold(delayMs: number, then: () => void): void {
    invariant(!this.#holding, 'a toxic holds one chunk at a time');
    if (delayMs <= 0) return then();
    this.#holding = true;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#startTimer(delayMs, () => {
      this.#holding = false;
      this.#alone(then);
      this.pump();
    });
  }

  /** What the toxic emits may make room behind it; no further chunk is taken before it is through. */
  #alone(act: () => void): void {
    this.#pumping = true;
    act();
    this.#pumping = false;
  }

  #startTimer(delayMs: number, then: () => void): void {
    this.#timer?.cancel();
    // Timers of the machine count whole milliseconds; rounded up, none fires early.
    this.#timer = this.#world.clock.startTimer(Math.ceil(delayMs), then);
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#holding = false;
  }

  #close(ending: Ending): void {
    if (this.#closed) return;
    this.discard();
    this.next.end(ending);
    this.#unblock();
  }

  #count(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#world.held.bytes += bytes;
  }
}
