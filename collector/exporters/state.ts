/**
 * What of an exporter outlives a crash: its cursor, and how far it may have
 * sent beyond it. The second is durable before the first byte leaves, so that
 * after a crash it is known which records may be at the destination already.
 */
import type { Disk } from '#base/disk.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { makeDurableDir, readSealed, writeSealed } from '#journal/disk/files.ts';
import type { Cursor, JournalRecord, Position } from '#journal/ports.ts';

export interface ExporterState {
  /** All before it is at the destination, or dropped. */
  readonly cursor: Cursor;
  /** What lies between the cursor and this may be there too; anything may when the file was damaged. */
  readonly sending: Position | 'unknown';
}

/** Whether a record may have been sent by the run that left `sending`. */
export function mayBeSent(
  record: Pick<JournalRecord, 'partition' | 'offset'>,
  sending: ExporterState['sending'],
): boolean {
  return sending === 'unknown' || record.offset < (sending[String(record.partition)] ?? 0);
}

export class ExporterStateFile {
  readonly #disk: Disk;
  readonly #path: string;

  private constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** @throws DiskError */
  static async open(
    disk: Disk,
    directory: string,
  ): Promise<{ readonly file: ExporterStateFile; readonly state: ExporterState }> {
    await makeDurableDir(disk, directory);
    const path = `${directory}/state.json`;
    const file = new ExporterStateFile(disk, path);
    const state = await readSealed(disk, path);
    if (isState(state)) return { file, state };
    const isNew = (await disk.readFile(path)) === undefined;
    return { file, state: { cursor: NEW_CURSOR, sending: isNew ? {} : 'unknown' } };
  }

  /** @throws DiskError; the state before is still there */
  save(state: ExporterState): Promise<void> {
    return writeSealed(this.#disk, this.#path, state);
  }
}

/** The checksum says it is what we wrote; this only keeps another version's file out. */
function isState(value: unknown): value is ExporterState {
  return typeof value === 'object' && value !== null && 'cursor' in value && 'sending' in value;
}
