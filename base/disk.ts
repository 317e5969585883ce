/**
 * The disk as an argument. The real one is `base/real/disk.ts`; the simulated
 * one (`base/sim/disk.ts`) loses, tears and reorders whatever was not synced.
 * Paths are plain strings with `/`; a Disk neither resolves nor normalises them.
 */

export type OpenMode =
  /** Must exist. */
  | 'read'
  /** Must exist; reads and writes. */
  | 'read-write'
  /** Must not exist; reads and writes. */
  | 'create';

export interface DiskFile {
  /** Bytes in the file as this process sees it. */
  size(): Promise<number>;
  /**
   * Fills `target` from `position` on; returns the bytes read, fewer than asked
   * only at the end of the file.
   */
  read(target: Uint8Array, position: number): Promise<number>;
  /**
   * Writes the chunks one after another from `position` on and returns the bytes
   * written. **May be short without an error** (a disk that fills up does this):
   * the caller compares.
   */
  write(chunks: readonly Uint8Array[], position: number): Promise<number>;
  /** fdatasync. A failure is final: the pages may be gone, never try again. */
  dataSync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Names (not paths) in `dir`, sorted; empty if `dir` does not exist. */
  list(dir: string): Promise<string[]>;
  /** Creates `dir` and its parents; fine if it is there. */
  makeDir(dir: string): Promise<void>;
  /** Removes a file; fine if it is not there. */
  remove(path: string): Promise<void>;
  /** Atomic replace within a file system; durable after `syncDir` of the folder. */
  rename(source: string, target: string): Promise<void>;
  /** Makes creations, renames and removals in `dir` durable. */
  syncDir(dir: string): Promise<void>;
  /** Whole file, or undefined if it does not exist. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Bytes free to this user on the file system of `dir`. */
  freeBytes(dir: string): Promise<number>;
}

/** An operating-system error as Node spells it: `ENOSPC`, `EIO`, `EACCES` … */
export interface DiskError extends Error {
  readonly code: string;
}
