/**
 * What a destination will never take, kept where people can look at it and send
 * it again: JSON lines, one a record, its body in base64. When the files are
 * full the oldest goes. After a crash the same record may stand there twice, and
 * a line may be cut: no other continues it.
 */
import { writeFully } from '#base/atomic-file.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { byRecord, recordKey } from '#collector/exporters/core/refused.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';

const MIB = 2 ** 20;
/** Enough to see what is wrong, and little beside the journal. */
const FILE_BYTES_MAX = 16 * MIB;
const FILES_MAX = 4;
/** A larger body is left out of its line: it stands in the journal as long as that keeps it. */
const BODY_BYTES_MAX = 4 * MIB;
const LINE_FEED = 10;
const NAME = /^dead-letters-(\d{8})\.ndjson$/;

export class DeadLetters {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Durable when it resolves. @throws DiskError */
  async add(
    records: readonly JournalRecord[],
    refused: readonly RefusedItem[],
    wallMs: number,
  ): Promise<void> {
    if (refused.length === 0) return;
    const refusedOfRecord = byRecord(refused);
    const lines = records.flatMap((record) => {
      const items = refusedOfRecord.get(recordKey(record.id));
      return items === undefined ? [] : lineOf(record, items, wallMs);
    });
    const bytes = new TextEncoder().encode(lines.join(''));
    const { path, size } = await this.#file(bytes.length);
    const file = await this.#disk.open(path, size === undefined ? 'create' : 'read-write');
    try {
      const isCut = size !== undefined && (await endsInsideLine(file, size));
      await writeFully(file, isCut ? [Uint8Array.of(LINE_FEED), bytes] : [bytes], size ?? 0);
      await file.dataSync();
    } finally {
      await file.close();
    }
    await this.#disk.syncDir(this.#directory);
  }

  /** The newest file when the bytes still fit into it, else a new one. */
  async #file(bytes: number): Promise<{ readonly path: string; readonly size: number | undefined }> {
    const names = (await this.#disk.list(this.#directory)).filter((name) => NAME.test(name));
    const newest = names.at(-1);
    if (newest !== undefined) {
      const path = `${this.#directory}/${newest}`;
      const size = await this.#sizeOf(path);
      if (size + bytes <= FILE_BYTES_MAX) return { path, size };
    }
    for (const old of names.slice(0, Math.max(0, names.length - FILES_MAX + 1))) {
      await this.#disk.remove(`${this.#directory}/${old}`);
    }
    const number = Number(NAME.exec(newest ?? '')?.[1] ?? 0) + 1;
    const path = `${this.#directory}/dead-letters-${String(number).padStart(8, '0')}.ndjson`;
    return { path, size: undefined };
  }

  async #sizeOf(path: string): Promise<number> {
    const file = await this.#disk.open(path, 'read');
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  }
}

/** What a crash or a full disk left of the last line must not be taken for the beginning of the next. */
async function endsInsideLine(file: DiskFile, size: number): Promise<boolean> {
  const last = new Uint8Array(1);
  return size > 0 && (await file.read(last, size - 1)) === 1 && last[0] !== LINE_FEED;
}

function lineOf(record: JournalRecord, refused: readonly RefusedItem[], wallMs: number): string {
  const { node, epoch, sequence } = record.id;
  const line = {
    time: new Date(wallMs).toISOString(),
    record: { node, epoch, sequence },
    kind: record.kind,
    tenant: record.tenant,
    refused: refused.map(({ ordinal, items: count, reason, detail }) => ({
      ...(ordinal === undefined ? {} : { ordinal }),
      items: count,
      reason,
      detail,
    })),
    ...(record.body.length > BODY_BYTES_MAX
      ? { bodyBytes: record.body.length }
      : { body: Buffer.from(record.body).toString('base64') }),
  };
  return `${JSON.stringify(line)}\n`;
}
