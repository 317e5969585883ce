/** The machine's disk, on `node:fs/promises`. Short writes are reported, never looped over. */
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import type { Disk, DiskFile, OpenMode } from '#base/disk.ts';

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  'read-write': constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};
/** Telemetry may hold secrets: files are for the user that runs Plimsoll only. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const systemDisk: Disk = {
  open: async (path, mode) => new SystemFile(await open(path, FLAGS[mode], FILE_MODE)),
  async list(dir) {
    const names = await unlessMissing(readdir(dir));
    return names?.toSorted() ?? [];
  },
  async makeDir(dir) {
    await mkdir(dir, { recursive: true, mode: FOLDER_MODE });
  },
  remove: (path) => rm(path, { force: true }),
  rename: (source, target) => rename(source, target),
  async syncDir(dir) {
    const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  readFile: (path) => unlessMissing(readFile(path)),
  async freeBytes(dir) {
    const stats = await statfs(dir);
    return stats.bavail * stats.bsize;
  },
};

class SystemFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await this.#handle.read(
        target,
        filled,
        target.length - filled,
        position + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    const { bytesWritten } = await this.#handle.writev([...chunks], position);
    return bytesWritten;
  }

  dataSync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
