/**
 * Replacing a small file so that a crash leaves the old or the new one, whole;
 * and the loop around short writes that every durable write needs.
 */
import type { Disk, DiskFile } from '#base/disk.ts';

/** What `errno` a write that makes no progress stands for: the disk is full. */
class NoProgressError extends Error {
  override readonly name = 'NoProgressError';
  readonly code = 'ENOSPC';
}

/**
 * Writes every chunk, however short each single write comes out.
 *
 * @throws DiskError of the write that failed; part of the chunks may be in the file
 */
export async function writeFully(
  file: DiskFile,
  chunks: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest: readonly Uint8Array[] = chunks.filter((chunk) => chunk.length > 0);
  let at = position;
  while (rest.length > 0) {
    const written = await file.write(rest, at);
    if (written <= 0) throw new NoProgressError(`write at ${at} made no progress`);
    at += written;
    rest = withoutFirst(rest, written);
  }
}

function withoutFirst(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let rest = count;
  for (const [index, chunk] of chunks.entries()) {
    if (rest < chunk.length)
      return rest === 0 ? chunks.slice(index) : [chunk.subarray(rest), ...chunks.slice(index + 1)];
    rest -= chunk.length;
  }
  return [];
}

/**
 * Puts `bytes` at `path`, durably, by way of `path` + `.tmp` and a rename in the
 * same folder. When it throws, the old content is still there after a crash, or
 * the new one is.
 *
 * @throws DiskError
 */
export async function writeFileAtomic(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await writeFully(file, [bytes], 0);
    await file.dataSync();
  } catch (error) {
    await file.close().catch(() => {});
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
  await file.close();
  await disk.rename(temporary, path);
  await disk.syncDir(parentOf(path));
}

/** The folder part of a path; `.` for a bare name. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** Whether the disk, or this user's part of it, is full. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT';
}
