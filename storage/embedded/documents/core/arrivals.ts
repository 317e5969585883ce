/**
 * Where in the order of arrival somebody stands who wants to hear of each record
 * once: the sequences seen of each producer, and the newest file there was.
 */
import { parseJson } from '#signals/json.ts';
import type { Cursor } from '#journal/ports.ts';
import type { SealedFile } from '#storage/embedded/documents/core/manifest.ts';
import { producerText } from '#storage/embedded/documents/core/rows.ts';

export interface Place {
  /** Highest sequence seen, by producer as rows name it. */
  readonly sequences: ReadonlyMap<string, bigint>;
  /** Highest number of a file; what came later is in files of higher numbers, or in none yet. */
  readonly file: number;
}

/** What one producer has sent between two places. */
export interface Arrived {
  readonly producer: string;
  /** After this sequence … */
  readonly after: bigint;
  /** … up to this one. */
  readonly upTo: bigint;
}

export function placeOf(cursor: Cursor, files: readonly SealedFile[]): Place {
  const sequences = new Map<string, bigint>();
  for (const [key, sequence] of Object.entries(cursor.producers)) {
    const [, node = '', epoch = ''] = key.split('/');
    const producer = producerText(node, Number(epoch));
    const seen = sequences.get(producer) ?? -1n;
    // One producer may write to several partitions.
    if (BigInt(sequence) > seen) sequences.set(producer, BigInt(sequence));
  }
  return { sequences, file: files.reduce((max, file) => Math.max(max, fileNumber(file)), 0) };
}

/** What has come from `before` to `now`; of a producer that is new, everything. */
export function arrivedBetween(before: Place, now: Place): readonly Arrived[] {
  return [...now.sequences].flatMap(([producer, upTo]) => {
    const after = before.sequences.get(producer) ?? 0n;
    return upTo > after ? [{ producer, after, upTo }] : [];
  });
}

/** Files that may hold what has come since; merged ones among them hold older rows as well. */
export function filesSince(before: Place, files: readonly SealedFile[]): SealedFile[] {
  return files.filter((file) => fileNumber(file) > before.file);
}

/** Numbers rise in the order in which files are begun. */
function fileNumber({ name }: SealedFile): number {
  return Number(/-(\d+)\.parquet$/.exec(name)?.[1] ?? 0);
}

export function placeToText({ sequences, file }: Place): string {
  return JSON.stringify([file, ...[...sequences].map(([producer, seen]) => [producer, String(seen)])]);
}

/** Undefined for what {@link placeToText} did not write. */
export function placeFromText(text: string): Place | undefined {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(json)) return undefined;
  const [file, ...pairs] = json as unknown[];
  if (typeof file !== 'number') return undefined;
  const sequences = new Map<string, bigint>();
  for (const pair of pairs) {
    const [producer, seen] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof producer !== 'string' || typeof seen !== 'string' || !/^\d{1,19}$/.test(seen))
      return undefined;
    sequences.set(producer, BigInt(seen));
  }
  return { sequences, file };
}
