/**
 * The data folder: made if missing, checked for writing, and locked, so that two
 * programs never write one journal. The lock is a file with the owner's pid; a
 * dead owner's lock is taken over.
 */
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError, errorText } from '#base/errors.ts';

/** Less free space than this at the start is called full: the journal needs room for one segment. */
export const FREE_BYTES_MIN = 64 * 1024 * 1024;

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
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
      return;
    } catch (error) {
      if (!isNodeError(error, 'EEXIST')) throw error;
      const owner = Number.parseInt(readFileSync(lock, 'utf8'), 10);
      if (owner !== process.pid && isAlive(owner)) {
        throw new CodedError(
          'PLIM_DATA_LOCKED',
          `${directory} is used by process ${owner}; stop it, or choose another folder with --data`,
        );
      }
      rmSync(lock, { force: true });
    }
  }
  throw new CodedError('PLIM_DATA_LOCKED', `${lock} keeps coming back; another start is under way`);
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
