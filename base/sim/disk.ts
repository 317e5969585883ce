/**
 * A disk that does to unsynced data what real ones may do. Every file has a
 * durable and a volatile half, kept by 512-byte sectors. A power cut leaves of
 * each sector any version it has had since the last sync, of each size any
 * size, and of creations, renames and removals any subset that no `syncDir`
 * came after. A kill of the process leaves everything. A failed `dataSync`
 * forgets what was to be synced: the file still reads well, the next sync
 * succeeds, and the data is gone at the next power cut.
 *
 * Everything is drawn from one seeded Random and nothing waits for real time,
 * so the same calls give the same history.
 */
import type { Disk, DiskError, DiskFile, OpenMode } from '#base/disk.ts';
import { invariant, present } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';
import { forget, Inode, losePower, makeDurable, put, resize } from '#base/sim/inode.ts';

/** The machine is gone; whoever catches this must not go on. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'dataSync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'syncDir'
  | 'list';

/** What to do to one operation; `short` writes a part and reports it. */
export type DiskFault = 'EIO' | 'ENOSPC' | 'short';

export interface SimulatedDiskOptions {
  readonly random: Random;
  /** Bytes of all files together; a write beyond it is short first, then fails with ENOSPC. */
  readonly bytesMax?: number;
  /** Asked before every operation. */
  readonly fault?: (operation: DiskOperation, path: string) => DiskFault | undefined;
  /** Crash in the middle of this operation, counted from 1. */
  readonly crashAt?: number;
}

type EntryChange =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly source: string; readonly target: string; readonly inode: Inode };

interface DiskState {
  readonly entries: Map<string, Inode>;
  readonly durableEntries: Map<string, Inode>;
  pendingEntries: EntryChange[];
  readonly dirs: Set<string>;
}

export class SimulatedDisk implements Disk {
  readonly #options: SimulatedDiskOptions;
  readonly #state: DiskState;
  #operations = 0;
  #isDown = false;

  constructor(options: SimulatedDiskOptions, state?: DiskState) {
    this.#options = options;
    this.#state = state ?? {
      entries: new Map(),
      durableEntries: new Map(),
      pendingEntries: [],
      dirs: new Set(),
    };
  }

  /** Operations so far: the range for `crashAt` of a replay. */
  get operations(): number {
    return this.#operations;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** From now on every operation rejects with {@link SimulatedCrash}. */
  crash(): void {
    this.#isDown = true;
  }

  /**
   * The machine after a restart; this disk is down from now on.
   *
   * @param how `power` loses what was not synced, `kill` keeps it as it was
   */
  restart(how: 'power' | 'kill', options: SimulatedDiskOptions = this.#options): SimulatedDisk {
    this.crash();
    const { random } = options;
    if (how === 'power') {
      for (const change of this.#state.pendingEntries)
        if (random.below(2) === 0) applyChange(this.#state.durableEntries, change);
      this.#state.pendingEntries = [];
      for (const inode of new Set(this.#state.durableEntries.values())) losePower(inode, random);
    }
    const { durableEntries, dirs, pendingEntries } = this.#state;
    const entries = new Map(how === 'power' ? durableEntries : this.#state.entries);
    return new SimulatedDisk(options, { entries, durableEntries, dirs, pendingEntries });
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.#step('open', path);
    const known = this.#state.entries.get(path);
    if (mode !== 'create') {
      if (known === undefined) throw diskError('ENOENT', `open ${path}`);
      return new SimulatedFile(this, path, known);
    }
    if (known !== undefined) throw diskError('EEXIST', `open ${path}`);
    const inode = new Inode();
    this.#change({ kind: 'link', path, inode });
    return new SimulatedFile(this, path, inode);
  }

  async list(dir: string): Promise<string[]> {
    await this.#step('list', dir);
    const prefix = `${dir}/`;
    const names: string[] = [];
    for (const path of this.#state.entries.keys())
      if (path.startsWith(prefix) && !path.includes('/', prefix.length))
        names.push(path.slice(prefix.length));
    return names.sort();
  }

  async makeDir(dir: string): Promise<void> {
    await this.#step('open', dir);
    this.#state.dirs.add(dir);
  }

  async remove(path: string): Promise<void> {
    await this.#step('remove', path, () => {
      if (this.#state.entries.has(path)) this.#change({ kind: 'unlink', path });
    });
  }

  async rename(source: string, target: string): Promise<void> {
    const inode = this.#state.entries.get(source);
    await this.#step('rename', source, () => {
      if (inode !== undefined) this.#change({ kind: 'rename', source, target, inode });
    });
    if (inode === undefined) throw diskError('ENOENT', `rename ${source}`);
  }

  async syncDir(dir: string): Promise<void> {
    await this.#step('syncDir', dir, () => {
      const isHere = (change: EntryChange): boolean =>
        parentOf(change.kind === 'rename' ? change.target : change.path) === dir;
      const { pendingEntries, durableEntries } = this.#state;
      for (const change of pendingEntries) if (isHere(change)) applyChange(durableEntries, change);
      this.#state.pendingEntries = pendingEntries.filter((change) => !isHere(change));
    });
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    await this.#step('read', path);
    const inode = this.#state.entries.get(path);
    return inode?.bytes.slice(0, inode.size);
  }

  async freeBytes(): Promise<number> {
    await this.#step('list', '');
    return this.#freeBytes();
  }

  /** Files there are, for assertions. */
  paths(): string[] {
    return [...this.#state.entries.keys()].sort();
  }

  sizeOf(path: string): number {
    return present(this.#state.entries.get(path), `${path} is there`).size;
  }

  /** Bit rot: changes one byte of a file, also in its durable half. */
  corrupt(path: string, position: number, mask: number): void {
    const inode = present(this.#state.entries.get(path), `${path} is there`);
    invariant(position < inode.size, 'the byte is inside the file');
    for (const bytes of [inode.bytes, inode.durable]) {
      const before = bytes[position];
      if (before !== undefined) bytes[position] = before ^ mask;
    }
  }

  /** @internal One operation: counted, possibly faulty, possibly the last. */
  async step(
    operation: DiskOperation,
    path: string,
    effect: (fault: DiskFault | undefined, isCrash: boolean) => void,
  ): Promise<void> {
    await Promise.resolve();
    if (this.#isDown) throw new SimulatedCrash(`${operation} ${path} after the crash`);
    this.#operations += 1;
    const isCrash = this.#operations === this.#options.crashAt;
    const fault = isCrash ? undefined : this.#options.fault?.(operation, path);
    if (isCrash) {
      this.#isDown = true;
      effect(undefined, true);
      throw new SimulatedCrash(`crash in operation ${this.#operations}: ${operation} ${path}`);
    }
    effect(fault, false);
    // A syscall takes a while, and not always the same: callers interleave.
    for (let turns = this.#options.random.below(3); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#isDown) throw new SimulatedCrash(`crash during ${operation} ${path}`);
  }

  /** @internal How many of `length` new bytes fit. */
  room(length: number): number {
    return Math.max(0, Math.min(length, this.#freeBytes()));
  }

  get random(): Random {
    return this.#options.random;
  }

  #step(operation: DiskOperation, path: string, effect: () => void = () => {}): Promise<void> {
    return this.step(operation, path, (fault, isCrash) => {
      if (fault !== undefined && fault !== 'short') throw diskError(fault, `${operation} ${path}`);
      // Whether the last operation before a crash took place is open.
      if (!isCrash || this.random.below(2) === 0) effect();
    });
  }

  #change(change: EntryChange): void {
    applyChange(this.#state.entries, change);
    this.#state.pendingEntries.push(change);
  }

  #freeBytes(): number {
    const { bytesMax } = this.#options;
    if (bytesMax === undefined) return Number.MAX_SAFE_INTEGER;
    let used = 0;
    for (const inode of this.#state.entries.values()) used += inode.size;
    return bytesMax - used;
  }
}

class SimulatedFile implements DiskFile {
  readonly #disk: SimulatedDisk;
  readonly #path: string;
  readonly #inode: Inode;
  #isClosed = false;

  constructor(disk: SimulatedDisk, path: string, inode: Inode) {
    this.#disk = disk;
    this.#path = path;
    this.#inode = inode;
  }

  async size(): Promise<number> {
    await this.#disk.step('read', this.#path, () => this.#check(undefined));
    return this.#inode.size;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    await this.#disk.step('read', this.#path, (fault) => {
      this.#check(fault);
      const end = Math.min(this.#inode.size, position + target.length);
      if (end > position) target.set(this.#inode.bytes.subarray(position, end));
      filled = Math.max(0, end - position);
    });
    return filled;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    let written = 0;
    await this.#disk.step('write', this.#path, (fault, isCrash) => {
      // A failed write may have written something all the same.
      const isFailed = fault !== undefined && fault !== 'short';
      if (isFailed && this.#disk.random.below(2) === 0) this.#store(joined(chunks), position, true);
      this.#check(fault);
      written = this.#store(joined(chunks), position, fault === 'short' || isCrash);
    });
    return written;
  }

  async dataSync(): Promise<void> {
    await this.#disk.step('dataSync', this.#path, (fault, isCrash) => {
      const isFailed = fault !== undefined && fault !== 'short';
      if (isFailed) forget(this.#inode, this.#disk.random);
      this.#check(fault);
      if (!isCrash || this.#disk.random.below(2) === 0) makeDurable(this.#inode);
    });
  }

  async truncate(length: number): Promise<void> {
    await this.#disk.step('truncate', this.#path, (fault) => {
      this.#check(fault);
      resize(this.#inode, length);
    });
  }

  async close(): Promise<void> {
    await this.#disk.step('read', this.#path, () => {});
    this.#isClosed = true;
  }

  #check(fault: DiskFault | undefined): void {
    invariant(!this.#isClosed, `${this.#path} is used after close`);
    if (fault !== undefined && fault !== 'short') throw diskError(fault, this.#path);
  }

  #store(bytes: Uint8Array, position: number, isShort: boolean): number {
    const growth = Math.max(0, position + bytes.length - this.#inode.size);
    const fits = bytes.length - growth + this.#disk.room(growth);
    if (fits <= 0 && bytes.length > 0) throw diskError('ENOSPC', this.#path);
    let length = Math.min(fits, bytes.length);
    if (isShort && length > 1) length = 1 + this.#disk.random.below(length - 1);
    put(this.#inode, bytes.subarray(0, length), position);
    return length;
  }
}

function applyChange(entries: Map<string, Inode>, change: EntryChange): void {
  switch (change.kind) {
    case 'link':
      entries.set(change.path, change.inode);
      break;
    case 'unlink':
      entries.delete(change.path);
      break;
    case 'rename':
      if (entries.get(change.source) === change.inode) entries.delete(change.source);
      entries.set(change.target, change.inode);
      break;
    default:
      change satisfies never;
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function diskError(code: string, what: string): DiskError {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
