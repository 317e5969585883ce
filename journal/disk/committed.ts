/**
 * How far the journal is committed, as readers in another thread or process
 * learn it: through shared memory, by messages, or by looking at a file.
 */
import { crc32 } from 'node:zlib';
import { sleep, type Clock, type Timer } from '#base/clock.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { writeFully } from '#base/atomic-file.ts';
import { NO_ITEMS, type Totals } from '#signals/records.ts';
import { getTotals, getUint53, putTotals, putUint53 } from '#journal/core/format.ts';

export interface CommittedOffset {
  /** Everything before it is committed; 0 until the writer has said something. */
  current(): number;
  /** The offset once it is beyond `offset`, or as it is after `waitMs` or an abort. */
  waitBeyond(offset: number, waitMs: number, signal?: AbortSignal): Promise<number>;
}

// -- shared memory ------------------------------------------------------------

/** Room for one shared cell; make it once and hand it to every thread. */
export function createCommittedCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

/** The writer's side of a shared cell: publishes and wakes all who wait. */
export function publishCommitted(cell: SharedArrayBuffer, offset: number): void {
  const view = new BigInt64Array(cell);
  Atomics.store(view, 0, BigInt(offset));
  Atomics.notify(view, 0);
}

/** The readers' side of a shared cell. */
export class SharedCommitted implements CommittedOffset {
  readonly #view: BigInt64Array;

  constructor(cell: SharedArrayBuffer) {
    this.#view = new BigInt64Array(cell);
  }

  current(): number {
    return Number(Atomics.load(this.#view, 0));
  }

  async waitBeyond(offset: number, waitMs: number, signal?: AbortSignal): Promise<number> {
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const now = Atomics.load(this.#view, 0);
      const restMs = deadlineMs - performance.now();
      if (Number(now) > offset || restMs <= 0 || signal?.aborted === true) return Number(now);
      const waiting = Atomics.waitAsync(this.#view, 0, now, restMs);
      if (waiting.async) await unlessAborted(waiting.value, signal);
    }
  }
}

async function unlessAborted(done: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await done;
    return;
  }
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    signal.addEventListener('abort', settle, { once: true });
    void done.then(settle);
  });
}

// -- messages -----------------------------------------------------------------

/** For a child process: whoever gets the writer's messages calls {@link set}. */
export class MessageCommitted implements CommittedOffset {
  readonly #clock: Clock;
  #offset = 0;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A value behind the current one is ignored. */
  set(offset: number): void {
    if (offset <= this.#offset) return;
    this.#offset = offset;
    for (const wake of this.#waiting) wake();
  }

  current(): number {
    return this.#offset;
  }

  async waitBeyond(offset: number, waitMs: number, signal?: AbortSignal): Promise<number> {
    const deadlineMs = this.#clock.monotonicMs() + waitMs;
    for (;;) {
      const restMs = deadlineMs - this.#clock.monotonicMs();
      if (this.#offset > offset || restMs <= 0 || signal?.aborted === true) return this.#offset;
      await this.#wait(restMs, signal);
    }
  }

  #wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer: Timer = this.#clock.startTimer(waitMs, wake);
      signal?.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}

// -- a file -------------------------------------------------------------------

/**
 * What the file `committed` says: `crc:u32 version:u32 offset:u53 accepted:totals`.
 * It is written after each commit and not synced: never ahead of what is
 * durable, but after a power cut possibly far behind or gone.
 */
export interface CommittedHint {
  readonly offset: number;
  readonly accepted: Totals;
}

const HINT_BYTES = 48;
const HINT_VERSION = 1;
const NO_HINT: CommittedHint = { offset: 0, accepted: NO_ITEMS };

export function hintPath(directory: string): string {
  return `${directory}/committed`;
}

export async function readHint(disk: Disk, directory: string): Promise<CommittedHint> {
  const bytes = await disk.readFile(hintPath(directory));
  if (bytes?.length !== HINT_BYTES) return NO_HINT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HINT_BYTES);
  if (view.getUint32(0, true) !== crc32(bytes.subarray(4), 0)) return NO_HINT;
  if (view.getUint32(4, true) !== HINT_VERSION) return NO_HINT;
  return { offset: getUint53(view, 8), accepted: getTotals(view, 16) };
}

function encodeHint(hint: CommittedHint): Uint8Array {
  const bytes = new Uint8Array(HINT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, HINT_VERSION, true);
  putUint53(view, 8, hint.offset);
  putTotals(view, 16, hint.accepted);
  view.setUint32(0, crc32(bytes.subarray(4), 0), true);
  return bytes;
}

/** The writer's side of the file. Writes overtake each other: only the newest counts. */
export class HintFile {
  readonly #disk: Disk;
  readonly #directory: string;
  #file: DiskFile | undefined;
  #newest: CommittedHint | undefined;
  #writing: Promise<void> | undefined;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Returns at once; a failure leaves the older hint, which is safe. */
  write(hint: CommittedHint): void {
    this.#newest = hint;
    if (this.#writing === undefined) this.#start();
  }

  /** Waits for what was written and makes it durable as far as that is possible. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    await file?.dataSync().catch(() => {});
    await file?.close().catch(() => {});
  }

  #start(): void {
    this.#writing = this.#writeAll().then(() => {
      this.#writing = undefined;
      // One may have come between the last look and here.
      if (this.#newest !== undefined) this.#start();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#newest !== undefined) {
      const hint = this.#newest;
      this.#newest = undefined;
      try {
        this.#file ??= await this.#open();
        await writeFully(this.#file, [encodeHint(hint)], 0);
      } catch {
        // A hint that is missing or torn costs a copy of one segment at the next start.
      }
    }
  }

  async #open(): Promise<DiskFile> {
    const path = hintPath(this.#directory);
    const isThere = (await this.#disk.readFile(path)) !== undefined;
    return this.#disk.open(path, isThere ? 'read-write' : 'create');
  }
}

/** How often another process looks at the file. */
const POLL_MS = 20;

/** For a process that nobody sends messages to: polls the file while someone waits. */
export class FileCommitted implements CommittedOffset {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #directory: string;
  #offset = 0;

  constructor(options: { readonly disk: Disk; readonly clock: Clock; readonly directory: string }) {
    this.#disk = options.disk;
    this.#clock = options.clock;
    this.#directory = options.directory;
  }

  current(): number {
    return this.#offset;
  }

  async waitBeyond(offset: number, waitMs: number, signal?: AbortSignal): Promise<number> {
    const deadlineMs = this.#clock.monotonicMs() + waitMs;
    for (;;) {
      if (this.#offset > offset) return this.#offset;
      await this.#poll();
      const restMs = deadlineMs - this.#clock.monotonicMs();
      if (this.#offset > offset || restMs <= 0 || signal?.aborted === true) return this.#offset;
      await sleep(this.#clock, Math.min(POLL_MS, restMs), signal).catch(() => {});
    }
  }

  async #poll(): Promise<void> {
    const hint = await readHint(this.#disk, this.#directory);
    this.#offset = Math.max(this.#offset, hint.offset);
  }
}
