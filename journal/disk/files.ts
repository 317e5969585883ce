/**
 * The files of a journal folder: names, how a segment comes into being, and
 * small JSON files that carry their own checksum.
 *
 *   DIR/node.json               node uuid and epoch, sealed JSON
 *   DIR/committed               last committed offset, a hint (committed.ts)
 *   DIR/0000000000000000.segment
 *   DIR/consumers/NAME.json     last reported cursor, sealed JSON
 */
import { crc32 } from 'node:zlib';
import { parentOf, writeFileAtomic, writeFully } from '#base/atomic-file.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { invariant } from '#base/invariant.ts';
import { encodeSegmentHeader, type SegmentHeader } from '#journal/core/format.ts';

const SUFFIX = '.segment';
const SEGMENT_NAME = /^[0-9a-f]{16}\.segment$/;

export function segmentPath(directory: string, base: number): string {
  invariant(Number.isSafeInteger(base) && base >= 0, 'a base offset is a safe integer from 0');
  return `${directory}/${base.toString(16).padStart(16, '0')}${SUFFIX}`;
}

/** Base offsets of the segments there are, rising. */
export async function listSegments(disk: Disk, directory: string): Promise<number[]> {
  const names = await disk.list(directory);
  return names
    .filter((name) => SEGMENT_NAME.test(name))
    .map((name) => Number.parseInt(name.slice(0, 16), 16))
    .filter((base) => Number.isSafeInteger(base));
}

/**
 * A durable segment that holds its header only. It appears under its name in
 * one step, so that no other file is ever taken for it; what a failed attempt
 * left under the name is replaced.
 *
 * @throws DiskError; the segment may then be there or not, empty in either case
 */
export async function createSegment(disk: Disk, directory: string, header: SegmentHeader): Promise<DiskFile> {
  const path = segmentPath(directory, header.base);
  const temporary = `${path}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await writeFully(file, [encodeSegmentHeader(header, crc32)], 0);
    await file.dataSync();
    await disk.rename(temporary, path);
    await disk.syncDir(directory);
  } catch (error) {
    await file.close().catch(() => {});
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
  return file;
}

/** Makes a folder and sees to it that it is still there after a power cut. */
export async function makeDurableDir(disk: Disk, directory: string): Promise<void> {
  await disk.makeDir(directory);
  await disk.syncDir(parentOf(directory));
}

/** Replaces a small JSON file atomically and durably; {@link readSealed} checks it. */
export async function writeSealed(disk: Disk, path: string, content: unknown): Promise<void> {
  const text = JSON.stringify(content);
  const sealed = `{"crc32":${checksum(text)},"content":${text}}\n`;
  await writeFileAtomic(disk, path, new TextEncoder().encode(sealed));
}

/** Content of a sealed JSON file; undefined when it is missing or damaged. */
export async function readSealed(disk: Disk, path: string): Promise<unknown> {
  const bytes = await disk.readFile(path);
  if (bytes === undefined) return undefined;
  const match = /^\{"crc32":(\d+),"content":(.*)\}\n$/s.exec(new TextDecoder().decode(bytes));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  if (checksum(match[2]) !== Number(match[1])) return undefined;
  return JSON.parse(match[2]);
}

function checksum(text: string): number {
  return crc32(text, 0);
}
