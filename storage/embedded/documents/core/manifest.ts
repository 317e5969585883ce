/**
 * The manifest: which Parquet files make up the store, what is in them, and the
 * cursor of the last record they hold. Replaced in one atomic step, so data and
 * cursor are never apart. Pure; `sealed-files.ts` reads and writes it.
 */
import { invariant } from '#base/invariant.ts';
import type { Cursor } from '#journal/ports.ts';
import type { CatalogEntry } from '#storage/embedded/documents/core/catalog.ts';

export type Signal = 'spans' | 'logs';

export interface SealedFile {
  /** Without the folder. */
  readonly name: string;
  readonly signal: Signal;
  readonly rows: number;
  readonly bytes: number;
  /** Before compression: what handling its rows takes. */
  readonly textBytes: number;
  /** Wall clock at the seal; retention counts from here, not from what senders claim. */
  readonly sealedUnixMs: number;
  /** Start times of spans, times of log records. */
  readonly minUnixNanos: bigint;
  readonly maxUnixNanos: bigint;
  /** Undefined when there are too many to list: the file is then always read. */
  readonly services: readonly string[] | undefined;
}

export interface Manifest {
  readonly version: 1;
  readonly cursor: Cursor;
  /** Number of the next file; never used twice. */
  readonly nextFile: number;
  /** In the order in which their rows arrived. */
  readonly files: readonly SealedFile[];
  readonly catalog: readonly CatalogEntry[];
}

/** Services named per file; more are not worth the bytes in a manifest written at every seal. */
export const SERVICES_PER_FILE_MAX = 200;

export function manifestToText(manifest: Manifest): string {
  return JSON.stringify(manifest, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

/** @throws InvariantError when it is of another version */
export function manifestFromText(text: string): Manifest {
  const json = JSON.parse(text) as Omit<Manifest, 'files'> & {
    readonly files: readonly (Omit<SealedFile, 'minUnixNanos' | 'maxUnixNanos' | 'services'> & {
      readonly minUnixNanos: string;
      readonly maxUnixNanos: string;
      readonly services?: readonly string[];
    })[];
  };
  invariant(json.version === 1, `the documents manifest is of version 1, not ${String(json.version)}`);
  return {
    ...json,
    files: json.files.map((file) => ({
      ...file,
      services: file.services,
      minUnixNanos: BigInt(file.minUnixNanos),
      maxUnixNanos: BigInt(file.maxUnixNanos),
    })),
  };
}

export interface FileFilter {
  readonly signal: Signal;
  readonly minUnixNanos: bigint;
  readonly maxUnixNanos: bigint;
  /** Any when undefined. */
  readonly service: string | undefined;
}

/** Files that may hold what `filter` asks for. */
export function candidates(files: readonly SealedFile[], filter: FileFilter): SealedFile[] {
  return files.filter(
    (file) =>
      file.signal === filter.signal &&
      file.minUnixNanos <= filter.maxUnixNanos &&
      file.maxUnixNanos >= filter.minUnixNanos &&
      (filter.service === undefined || (file.services?.includes(filter.service) ?? true)),
  );
}

export interface Retention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/** Files to delete now: those over age, then the oldest until the rest fits. */
export function expired(files: readonly SealedFile[], retention: Retention, nowMs: number): SealedFile[] {
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const doomed: SealedFile[] = [];
  for (const file of files.toSorted((a, b) => a.sealedUnixMs - b.sealedUnixMs)) {
    const overAge = file.sealedUnixMs < nowMs - retention.retentionMs;
    if (!overAge && bytes <= retention.retentionBytes) break;
    doomed.push(file);
    bytes -= file.bytes;
  }
  return doomed;
}

/** Small files of one signal at which merging begins: opening a file costs as much as scanning 10,000 rows. */
export const SMALL_FILES_MAX = 40;

/** Text of the rows of a merged file, for the same reason as that of a part. */
const MERGE_BYTES_MAX = 24 * 2 ** 20;

/**
 * Neighbouring small files to become one, or none. Only as many as fit
 * `rowsMax`, so that merging needs no more memory than sealing.
 */
export function mergeable(files: readonly SealedFile[], signal: Signal, rowsMax: number): SealedFile[] {
  const small = files.filter(
    (file) => file.signal === signal && file.rows <= rowsMax / 2 && file.textBytes <= MERGE_BYTES_MAX / 2,
  );
  if (small.length <= SMALL_FILES_MAX) return [];
  const taken: SealedFile[] = [];
  let rows = 0;
  let textBytes = 0;
  for (const file of small) {
    rows += file.rows;
    textBytes += file.textBytes;
    if (rows > rowsMax || textBytes > MERGE_BYTES_MAX) break;
    taken.push(file);
  }
  return taken.length > 1 ? taken : [];
}

/** What a file holds that is made of `sources`; its age is that of the youngest. */
export function mergedFile(sources: readonly SealedFile[], name: string, bytes: number): SealedFile {
  const [first] = sources;
  invariant(first !== undefined, 'a merge has sources');
  const services = new Set<string>();
  let listed = true;
  for (const source of sources) {
    if (source.services === undefined) listed = false;
    for (const service of source.services ?? []) services.add(service);
  }
  return {
    name,
    signal: first.signal,
    bytes,
    rows: sources.reduce((sum, file) => sum + file.rows, 0),
    textBytes: sources.reduce((sum, file) => sum + file.textBytes, 0),
    sealedUnixMs: Math.max(...sources.map((file) => file.sealedUnixMs)),
    minUnixNanos: sources.reduce(
      (min, file) => (file.minUnixNanos < min ? file.minUnixNanos : min),
      first.minUnixNanos,
    ),
    maxUnixNanos: sources.reduce(
      (max, file) => (file.maxUnixNanos > max ? file.maxUnixNanos : max),
      first.maxUnixNanos,
    ),
    services: listed && services.size <= SERVICES_PER_FILE_MAX ? [...services] : undefined,
  };
}
