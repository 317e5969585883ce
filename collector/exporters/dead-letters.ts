/**
 * What a destination will never take, kept where people can look at it and send
 * it again: JSON lines, one a record, its body in base64. When the files are
 * full the oldest goes. After a crash the same record may stand there twice.
 */
import { writeFully } from '#base/atomic-file.ts';
import type { Disk } from '#base/disk.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';

const MIB = 2 ** 20;
/** Enough to see what is wrong, and little beside the journal. */
const FILE_BYTES_MAX = 16 * MIB;
const FILES_MAX = 4;
/** A larger body is left out of its line: it stands in the journal as long as that keeps it. */
const BODY_BYTES_MAX = 4 * MIB;
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
    const lines = records.flatMap((record) => lineOf(record, refused, wallMs) ?? []);
    const bytes = new TextEncoder().encode(lines.join(''));
    const { path, size } = await this.#file(bytes.length);
    const file = await this.#disk.open(path, size === undefined ? 'create' : 'read-write');
    try {
      await writeFully(file, [bytes], size ?? 0);
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

/** Undefined when nothing of the record was refused. */
function lineOf(record: JournalRecord, refused: readonly RefusedItem[], wallMs: number): string | undefined {
  const { node, epoch, sequence } = record.id;
  const items = refused.filter(
    ({ record: id }) => id.sequence === sequence && id.epoch === epoch && id.node === node,
  );
  if (items.length === 0) return undefined;
  const line = {
    time: new Date(wallMs).toISOString(),
    record: { node, epoch, sequence },
    kind: record.kind,
    tenant: record.tenant,
    refused: items.map(({ ordinal, items: count, reason, detail }) => ({
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
