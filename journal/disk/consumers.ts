/**
 * Where the consumers stand. They report to a file each, at most once a second;
 * consumers in the writer's process may report to it directly as well. What is
 * known here only decides what may be deleted and when the door closes.
 */
import type { Disk } from '#base/disk.ts';
import { RECORD_KINDS, type Totals } from '#signals/records.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { readSealed, writeSealed } from '#journal/disk/files.ts';
import type { ConsumerRegistration, ConsumerStatus, Cursor } from '#journal/ports.ts';

/** The one partition of a disk journal. */
export const PARTITION = 0;
const FILE = /^([a-z][a-z0-9-]*)\.json$/;

export function consumersDir(directory: string): string {
  return `${directory}/consumers`;
}

/** Next offset a cursor wants; 0 at the beginning. */
export function offsetOf(cursor: Cursor): number {
  return cursor.position[String(PARTITION)] ?? 0;
}

/** A faster way to see how far a consumer is, for example a cell in shared memory. */
export interface ConsumerProgress {
  readonly consumer: ConsumerRegistration;
  /** Next offset it wants; 0 while unknown. */
  offset(): number;
}

interface Entry {
  consumer: ConsumerRegistration;
  cursor: Cursor;
  progress: ConsumerProgress | undefined;
}

export class ConsumerTable {
  readonly #entries = new Map<string, Entry>();
  /** With a fixed list, what others have left in the folder does not hold space. */
  readonly #isFixed: boolean;

  constructor(consumers: readonly ConsumerRegistration[] | undefined) {
    this.#isFixed = consumers !== undefined;
    for (const consumer of consumers ?? [])
      this.#entries.set(consumer.name, { consumer, cursor: NEW_CURSOR, progress: undefined });
  }

  /** Reads the reports in the folder; unreadable ones are as if they were not there. */
  async load(disk: Disk, directory: string): Promise<void> {
    const folder = consumersDir(directory);
    for (const file of await disk.list(folder)) {
      const name = FILE.exec(file)?.[1];
      if (name === undefined || (this.#isFixed && !this.#entries.has(name))) continue;
      const report = parseReport(await readSealed(disk, `${folder}/${file}`));
      if (report?.consumer.name === name) this.update(report.consumer, report.cursor);
    }
  }

  /** A cursor behind the known one is old news and ignored. */
  update(consumer: ConsumerRegistration, cursor: Cursor): void {
    const entry = this.#entries.get(consumer.name);
    if (entry === undefined) {
      this.#entries.set(consumer.name, { consumer, cursor, progress: undefined });
    } else if (offsetOf(cursor) >= offsetOf(entry.cursor)) {
      entry.cursor = cursor;
      if (!this.#isFixed) entry.consumer = consumer;
    }
  }

  attach(progress: ConsumerProgress): void {
    const { consumer } = progress;
    const entry = this.#entries.get(consumer.name);
    if (entry === undefined) this.#entries.set(consumer.name, { consumer, cursor: NEW_CURSOR, progress });
    else entry.progress = progress;
  }

  /** Offset of the slowest consumer that must not lose anything; undefined without any. */
  refuseOffset(): number | undefined {
    return this.#slowest((entry) => entry.consumer.onFull === 'refuse');
  }

  slowestOffset(): number | undefined {
    return this.#slowest(() => true);
  }

  /** The furthest offset anyone has reported. */
  furthestOffset(): number {
    return Math.max(0, ...[...this.#entries.values()].map(entryOffset));
  }

  cursors(): readonly Cursor[] {
    return [...this.#entries.values()].map((entry) => entry.cursor);
  }

  /** @param oldest first offset there is, `committed` the end: what lies between is held */
  statuses(oldest: number, committed: number): readonly ConsumerStatus[] {
    return [...this.#entries.values()].map((entry) => ({
      name: entry.consumer.name,
      onFull: entry.consumer.onFull,
      cursor: entry.cursor,
      heldBytes: Math.max(0, committed - Math.max(oldest, entryOffset(entry))),
    }));
  }

  #slowest(counts: (entry: Entry) => boolean): number | undefined {
    const offsets = [...this.#entries.values()].filter(counts).map(entryOffset);
    return offsets.length === 0 ? undefined : Math.min(...offsets);
  }
}

function entryOffset(entry: Entry): number {
  return Math.max(offsetOf(entry.cursor), entry.progress?.offset() ?? 0);
}

/** Replaces what the folder says of one consumer. @throws DiskError */
export function writeReport(
  { disk, directory }: { readonly disk: Disk; readonly directory: string },
  consumer: ConsumerRegistration,
  cursor: Cursor,
): Promise<void> {
  return writeSealed(disk, `${consumersDir(directory)}/${consumer.name}.json`, { ...consumer, cursor });
}

interface Report {
  readonly consumer: ConsumerRegistration;
  readonly cursor: Cursor;
}

/** The checksum has shown the bytes to be ours; the shape may be of another version. */
function parseReport(content: unknown): Report | undefined {
  if (!isRecord(content)) return undefined;
  const { name, onFull, cursor } = content;
  if (typeof name !== 'string' || (onFull !== 'refuse' && onFull !== 'drop')) return undefined;
  return isCursor(cursor) ? { consumer: { name, onFull }, cursor } : undefined;
}

function isCursor(value: unknown): value is Cursor {
  return (
    isRecord(value) &&
    isNumbers(value['position']) &&
    isNumbers(value['producers']) &&
    isRecord(value['acceptedIn']) &&
    Object.values(value['acceptedIn']).every(isTotals) &&
    isTotals(value['accepted']) &&
    isTotals(value['delivered']) &&
    isRecord(value['dropped']) &&
    Object.values(value['dropped']).every(isTotals)
  );
}

function isTotals(value: unknown): value is Totals {
  return isNumbers(value) && RECORD_KINDS.every((kind) => value[kind] !== undefined);
}

function isNumbers(value: unknown): value is Readonly<Record<string, number>> {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === 'number');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
