/**
 * Exemplars on disk. Each seal adds a file with those that came since the last;
 * after some of them one file with all takes their place. The manifest names
 * the files, so that exemplars and cursor are never apart:
 *
 *   file = zstd(JSON {"version": 1, "exemplars": [series, labels, value, timeMs]*})
 *
 * Values are written as text: JSON knows no NaN and no infinity.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { writeFileAtomic } from '#base/atomic-file.ts';
import type { Disk } from '#base/disk.ts';
import { invariant, present } from '#base/invariant.ts';
import { parseJson } from '#signals/json.ts';
import type { Labels } from '#signals/matchers.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';
import {
  ExemplarRing,
  exemplarRefusal,
  type ArrivedExemplar,
  type ExemplarRefusal,
} from '#storage/embedded/metrics/core/exemplar-ring.ts';

/** Files before one with all takes their place: a restart reads so many. */
const FILES_MAX = 16;
/** A file of exemplars over this is not one of ours. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024;

type Row = readonly [series: Labels, labels: Labels, value: string, timeMs: number];

/** What one seal makes durable. */
export interface SealingExemplars {
  /** Arrived since the seal before. */
  readonly arrived: readonly ArrivedExemplar[];
  /** What goes into the file: these, or all that are kept. */
  readonly written: readonly ArrivedExemplar[];
  /** Files that stay beside it. */
  readonly stay: readonly string[];
}

export class StoredExemplars {
  readonly ring = new ExemplarRing();
  readonly #disk: Disk;
  readonly #directory: string;
  #names: readonly string[] = [];
  /** Arrived since the last seal. */
  #pending: ArrivedExemplar[] = [];

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Files the present manifest names. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Takes one into memory, or says why not. */
  add(series: Labels, exemplar: Exemplar, oldestMs: number): ExemplarRefusal | undefined {
    const refusal = exemplarRefusal(exemplar, oldestMs);
    if (refusal !== undefined) return refusal;
    const arrived: ArrivedExemplar = { ...exemplar, series };
    if (this.ring.add(arrived)) this.#pending.push(arrived);
    return undefined;
  }

  async load(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const bytes = await this.#disk.readFile(`${this.#directory}/${name}`);
      for (const exemplar of decodeFile(present(bytes, `${name} is there`))) this.ring.add(exemplar);
    }
    this.#names = names;
  }

  /** Settles, in the same turn as the cursor, what a seal is to hold. */
  take(oldestMs: number): SealingExemplars {
    const arrived = this.#pending;
    this.#pending = [];
    if (arrived.length === 0 || this.#names.length < FILES_MAX) {
      return { arrived, written: arrived, stay: this.#names };
    }
    this.ring.expire(oldestMs);
    return { arrived, written: [...this.ring.all()], stay: [] };
  }

  /** The seal has failed. */
  giveBack({ arrived }: SealingExemplars): void {
    this.#pending = [...arrived, ...this.#pending];
  }

  /**
   * Writes a file if there is anything to write; returns the names the next
   * manifest is to have.
   *
   * @param name a file name never used before
   * @throws DiskError
   */
  async write({ written, stay }: SealingExemplars, name: string): Promise<readonly string[]> {
    if (written.length === 0) return stay;
    await writeFileAtomic(this.#disk, `${this.#directory}/${name}`, encodeFile(written));
    return [...stay, name];
  }

  /** The manifest names `names` now; the other files go. */
  async settle(names: readonly string[]): Promise<void> {
    const kept = new Set(names);
    const gone = this.#names.filter((name) => !kept.has(name));
    this.#names = names;
    for (const name of gone) await this.#disk.remove(`${this.#directory}/${name}`);
  }
}

function encodeFile(exemplars: Iterable<ArrivedExemplar>): Uint8Array {
  const rows = Array.from(exemplars, ({ series, labels, value, timeMs }): Row => [
    series,
    labels,
    Object.is(value, -0) ? '-0' : String(value),
    timeMs,
  ]);
  return zstdCompressSync(Buffer.from(JSON.stringify({ version: 1, exemplars: rows })));
}

function decodeFile(bytes: Uint8Array): ArrivedExemplar[] {
  const text = new TextDecoder().decode(zstdDecompressSync(bytes, { maxOutputLength: FILE_BYTES_MAX }));
  const file = parseJson(text) as { readonly version: number; readonly exemplars: readonly Row[] };
  invariant(file.version === 1, `a file of exemplars is of version 1, not ${String(file.version)}`);
  return file.exemplars.map(([series, labels, value, timeMs]) => ({
    series,
    labels,
    value: Number(value),
    timeMs,
  }));
}
