/** A file of the simulated disk: its volatile and its durable half, by sectors. */
import { present } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

export class Inode {
  /** As the process sees it; `size` bytes of it count. */
  bytes = new Uint8Array(0);
  size = 0;
  durable = new Uint8Array(0);
  durableSize = 0;
  /** Versions of a sector since it was last durable, oldest first. */
  readonly pending = new Map<number, Uint8Array[]>();
  pendingSizes: number[] = [];
}

export function put(inode: Inode, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  reserve(inode, end);
  inode.bytes.set(bytes, position);
  if (end > inode.size) {
    inode.size = end;
    inode.pendingSizes.push(end);
  }
  remember(inode, position, end);
}

export function resize(inode: Inode, length: number): void {
  const before = inode.size;
  reserve(inode, length);
  inode.size = length;
  inode.pendingSizes.push(length);
  if (length >= before) return;
  inode.bytes.fill(0, length, before);
  remember(inode, length, before);
}

/** Every sector in the range has one more version that may turn out to be the last. */
function remember(inode: Inode, from: number, to: number): void {
  for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector += 1) {
    const versions = inode.pending.get(sector) ?? [];
    versions.push(inode.bytes.slice(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES));
    inode.pending.set(sector, versions);
  }
}

function reserve(inode: Inode, length: number): void {
  const capacity = Math.ceil(length / SECTOR_BYTES) * SECTOR_BYTES;
  inode.bytes = grown(inode.bytes, capacity);
}

function grown(bytes: Uint8Array<ArrayBuffer>, capacity: number): Uint8Array<ArrayBuffer> {
  if (bytes.length >= capacity) return bytes;
  const larger = new Uint8Array(Math.max(capacity, Math.min(2 * bytes.length, bytes.length + 2 ** 22)));
  larger.set(bytes);
  return larger;
}

export function makeDurable(inode: Inode): void {
  for (const sector of inode.pending.keys()) {
    const from = sector * SECTOR_BYTES;
    setDurable(inode, sector, inode.bytes.subarray(from, from + SECTOR_BYTES));
  }
  inode.pending.clear();
  inode.durableSize = inode.size;
  inode.pendingSizes = [];
}

/** What was to be synced counts as clean now, though only some of it, by chance, is on the disk. */
export function forget(inode: Inode, random: Random): void {
  for (const [sector, versions] of inode.pending)
    if (random.below(2) === 0) setDurable(inode, sector, present(versions.at(-1), 'it has a version'));
  inode.pending.clear();
  if (random.below(2) === 0) inode.durableSize = inode.size;
  inode.pendingSizes = [];
}

function setDurable(inode: Inode, sector: number, content: Uint8Array): void {
  inode.durable = grown(inode.durable, (sector + 1) * SECTOR_BYTES);
  inode.durable.set(content, sector * SECTOR_BYTES);
}

/** Each sector and the size end at some version they have had since the last sync. */
export function losePower(inode: Inode, random: Random): void {
  for (const [sector, versions] of inode.pending) {
    const version = versions[random.below(versions.length + 1)];
    if (version !== undefined) setDurable(inode, sector, version);
  }
  inode.pending.clear();
  const size = inode.pendingSizes[random.below(inode.pendingSizes.length + 1)];
  if (size !== undefined) inode.durableSize = size;
  inode.pendingSizes = [];
  inode.durable = grown(inode.durable, Math.ceil(inode.durableSize / SECTOR_BYTES) * SECTOR_BYTES);
  inode.durable.fill(0, inode.durableSize);
  inode.bytes = inode.durable.slice();
  inode.size = inode.durableSize;
}
