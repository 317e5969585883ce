/**
 * What a writer knows of itself, in a small sealed file: node and epoch as the
 * disk journal has them, and per partition how far its own totals are known. The
 * latter may be behind: a start reads on from there.
 */
import type { Disk } from '#base/disk.ts';
import { uuid, type Random } from '#base/random.ts';
import type { Producer } from '#signals/ids.ts';
import { NO_ITEMS, RECORD_KINDS, type Totals } from '#signals/records.ts';
import { totalsOf } from '#journal/kafka/core/record.ts';
import { makeDurableDir, readSealed, writeSealed } from '#journal/disk/files.ts';

export interface PartitionTail {
  /** Up to here in the partition `accepted` is known. */
  readonly offset: number;
  /** Items of this node that stand before it. */
  readonly accepted: Totals;
}

export interface NodeFile {
  readonly producer: Producer;
  readonly tails: ReadonlyMap<number, PartitionTail>;
}

export const NEW_TAIL: PartitionTail = { offset: 0, accepted: NO_ITEMS };

/**
 * The node of this folder in a new epoch, durably. The totals of another topic
 * do not count for this one.
 *
 * @throws DiskError
 */
export async function startNode(
  disk: Disk,
  random: Random,
  { directory, topic }: { readonly directory: string; readonly topic: string },
): Promise<NodeFile> {
  await makeDurableDir(disk, directory);
  const stored = parse(await readSealed(disk, pathOf(directory)));
  const started: NodeFile = {
    producer: { node: stored?.node ?? uuid(random), epoch: (stored?.epoch ?? 0) + 1 },
    tails: stored?.topic === topic ? stored.tails : new Map(),
  };
  await saveNode(disk, directory, { ...started, topic });
  return started;
}

export async function saveNode(
  disk: Disk,
  directory: string,
  { producer, tails, topic }: NodeFile & { readonly topic: string },
): Promise<void> {
  const partitions = [...tails].map(([partition, { offset, accepted }]) => [
    partition,
    offset,
    ...RECORD_KINDS.map((kind) => accepted[kind]),
  ]);
  await writeSealed(disk, pathOf(directory), { ...producer, topic, partitions });
}

function pathOf(directory: string): string {
  return `${directory}/kafka-node.json`;
}

interface Parsed extends Producer {
  readonly topic: string;
  readonly tails: ReadonlyMap<number, PartitionTail>;
}

/** The checksum has shown the bytes to be ours; the shape may be of another version. */
function parse(content: unknown): Parsed | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const { node, epoch, topic, partitions } = content as Readonly<Record<string, unknown>>;
  if (typeof node !== 'string' || typeof epoch !== 'number' || typeof topic !== 'string') return undefined;
  const tails = new Map<number, PartitionTail>();
  for (const row of Array.isArray(partitions) ? (partitions as number[][]) : []) {
    const [partition, offset, ...totals] = row;
    if (partition !== undefined && offset !== undefined)
      tails.set(partition, { offset, accepted: totalsOf(totals) });
  }
  return { node, epoch, topic, tails };
}
