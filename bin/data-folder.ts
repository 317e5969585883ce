/**
 * The data folder: made if missing, checked for writing, and locked, so that two
 * programs never write one journal. The lock is a file with the owner's pid and
 * its start; a dead owner's lock is taken over.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError, errorText } from '#base/errors.ts';

/** Less free space than this at the start is called full: the journal needs room for one segment. */
export const FREE_BYTES_MIN = 64 * 1024 * 1024;

const LOCK_ATTEMPTS = 50;
const LOCK_PAUSE_MS = 10;
/** Breaking takes microseconds: what is older was left by one that died at it. */
const BREAKING_MS_MAX = 5000;

export interface DataFolder extends Disposable {
  readonly path: string;
}

/**
 * @param role `collector` and `alerting` may share a folder, two of one may not
 * @throws CodedError `PLIM_DATA_UNUSABLE`, `PLIM_DATA_LOCKED`, `PLIM_DISK_FULL`
 */
export function openDataFolder(directory: string, roles: readonly string[]): DataFolder {
  const resolved = path.resolve(directory);
  const locks: string[] = [];
  const release = (): void => {
    for (const lock of locks.splice(0)) rmSync(lock, { force: true });
  };
  try {
    mkdirSync(resolved, { recursive: true });
    for (const role of roles) {
      const lock = path.join(resolved, `${role}.lock`);
      takeLock(lock, resolved);
      locks.push(lock);
    }
    const { bavail, bsize } = statfsSync(resolved);
    if (bavail * bsize < FREE_BYTES_MIN) throw diskFull(resolved);
  } catch (error) {
    release();
    throw error instanceof CodedError ? error : unusable(resolved, error);
  }
  return { path: resolved, [Symbol.dispose]: release };
}

function takeLock(lock: string, directory: string): void {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    if (createLock(lock)) return;
    const owner = readLock(lock);
    if (owner !== undefined && isHeld(owner)) {
      throw new CodedError(
        'PLIM_DATA_LOCKED',
        `${directory} is used by process ${Number.parseInt(owner, 10)}; stop it, or choose another folder with --data`,
      );
    }
    if (owner !== undefined) breakLock(lock);
  }
  throw new CodedError('PLIM_DATA_LOCKED', `${lock} keeps coming back; another start is under way`);
}

/** By a link: so the lock is never there without its owner's name. False when there is one already. */
function createLock(lock: string): boolean {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, `${nameOf(process.pid)}\n`);
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (isNodeError(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readLock(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch (error) {
    if (isNodeError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Removes a lock of the dead. One breaker at a time, who looks again: else two
 * that saw the same dead owner would remove each other's new lock.
 */
function breakLock(lock: string): void {
  const breaker = `${lock}.breaking`;
  try {
    mkdirSync(breaker);
  } catch (error) {
    if (!isNodeError(error, 'EEXIST')) throw error;
    if (isOlder(breaker, BREAKING_MS_MAX)) rmSync(breaker, { recursive: true, force: true });
    else pause(LOCK_PAUSE_MS);
    return;
  }
  try {
    const owner = readLock(lock);
    if (owner !== undefined && !isHeld(owner)) rmSync(lock, { force: true });
  } finally {
    rmSync(breaker, { recursive: true, force: true });
  }
}

function isOlder(path: string, ageMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > ageMs;
}

/** The owner lives, and is not another process that got its number, as in a container started again. */
function isHeld(owner: string): boolean {
  const pid = Number.parseInt(owner, 10);
  if (pid === process.pid || !isAlive(pid)) return false;
  const started = owner.trim().split(' ')[1];
  return started === undefined || nameOf(pid) === owner.trim();
}

/** Pid and, where the system tells it, the time it started. */
function nameOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name in parentheses, which may hold anything, the start is the 20th word.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`.trim();
  } catch {
    return String(pid);
  }
}

function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isNodeError(error, 'EPERM');
  }
}

function diskFull(directory: string): CodedError {
  const need = FREE_BYTES_MIN / 2 ** 20;
  return new CodedError(
    'PLIM_DISK_FULL',
    `the disk of ${directory} has less than ${need} MiB free; make room, or choose another folder with --data`,
  );
}

function unusable(directory: string, error: unknown): CodedError {
  const code = isNodeError(error) ? error.code : undefined;
  const reason =
    code === 'EACCES' || code === 'EPERM'
      ? 'this user may not write there'
      : code === 'EROFS'
        ? 'its file system is read-only'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'it is not a folder'
          : errorText(error);
  if (code === 'ENOSPC') return diskFull(directory);
  return new CodedError(
    'PLIM_DATA_UNUSABLE',
    `the data folder ${directory} cannot be used: ${reason}; choose another with --data`,
  );
}

export function isNodeError(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && (code === undefined || error.code === code);
}
