/**
 * The embedded metrics: series in memory, sealed chunks on disk, one manifest
 * that ties both to the journal's cursor. Samples older than the newest of
 * their series are welcome; of two at one time the later to arrive stays.
 */
import type { Disk } from '#base/disk.ts';
import type { Cursor } from '#journal/ports.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { SelectRequest, Series } from '#promql/ports.ts';
import type { Labels } from '#signals/matchers.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';
import type {
  ExemplarRequest,
  ExemplarSeries,
  LabelRequest,
  MetricMetadata,
  MetricReader,
} from '#storage/ports.ts';
import { ChunkFile, writeChunkFile, type SeriesToSeal } from '#storage/embedded/metrics/chunk-file.ts';
import type { ExemplarRefusal } from '#storage/embedded/metrics/core/exemplar-ring.ts';
import { labelsKey, LabelIndex, type SeriesRef } from '#storage/embedded/metrics/core/label-index.ts';
import type { SampleColumns } from '#storage/embedded/metrics/core/chunk-codec.ts';
import { cutColumns, GrowingSamples, mergeColumns } from '#storage/embedded/metrics/core/samples.ts';
import { StoredExemplars } from '#storage/embedded/metrics/exemplar-files.ts';
import {
  readManifest,
  removeOrphans,
  writeManifest,
  type Manifest,
} from '#storage/embedded/metrics/manifest.ts';
import {
  overlaps,
  readChunk,
  tailsOf,
  withinLabelLimits,
  type IncomingSample,
  type OpenFile,
  type StoredSeries,
} from '#storage/embedded/metrics/stored-series.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';

/** Metric names whose help and unit are kept. */
const METADATA_MAX = 20_000;
/** Files of one level before they are merged into one of the next. */
const MERGE_FILES = 8;
/** Files above this level are only ever deleted by retention. */
const LEVEL_MAX = 4;
/** Decompressed blocks held while merging: series stand in similar order in all files. */
const MERGE_BLOCKS_MAX = 256;

export type SampleRefusal = 'series_limit' | 'label_limit' | 'retention';

export class EmbeddedMetrics implements MetricReader, AsyncDisposable {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #config: MetricsConfig;
  readonly #index = new LabelIndex();
  readonly #byKey = new Map<string, StoredSeries>();
  readonly #byRef = new Map<SeriesRef, StoredSeries>();
  readonly #metadata = new Map<string, MetricMetadata>();
  readonly #exemplars: StoredExemplars;
  #files: OpenFile[] = [];
  #nextFile = 1;
  #nextRef = 1;
  #cursor: Cursor = NEW_CURSOR;
  /** Samples in memory that no file holds yet. */
  tailSamples = 0;
  #selecting = 0;
  /** Files no longer part of the store that a running query may still read. */
  readonly #detached: OpenFile[] = [];

  private constructor(disk: Disk, directory: string, config: MetricsConfig) {
    this.#disk = disk;
    this.#directory = directory;
    this.#config = config;
    this.#exemplars = new StoredExemplars(disk, directory);
  }

  /** Opens or makes the store; what a crash left half done is removed. */
  static async open(disk: Disk, directory: string, config: MetricsConfig): Promise<EmbeddedMetrics> {
    await disk.makeDir(directory);
    const store = new EmbeddedMetrics(disk, directory, config);
    const manifest = await readManifest(disk, directory);
    await removeOrphans(disk, directory, manifest);
    if (manifest !== undefined) await store.#load(manifest);
    return store;
  }

  /** The cursor of what is sealed: where replay starts after a crash. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0);
  }

  get seriesCount(): number {
    return this.#byRef.size;
  }

  get oldestMs(): number | undefined {
    const oldest = this.#files.reduce((min, file) => Math.min(min, file.minMs), Infinity);
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  /** Takes one sample into memory, or says why not. */
  add({ labels, timeMs, value, stale }: IncomingSample, nowMs: number): SampleRefusal | undefined {
    if (timeMs < nowMs - this.#config.retentionMs) return 'retention';
    const key = this.#index.keyOf(labels);
    let series = this.#byKey.get(key);
    if (series === undefined) {
      if (!withinLabelLimits(labels)) return 'label_limit';
      if (this.#byRef.size >= this.#config.seriesMax) return 'series_limit';
      series = this.#addSeries(labels, key);
    }
    series.tail ??= new GrowingSamples();
    series.tail.push(Math.trunc(timeMs), value, stale);
    this.tailSamples += 1;
    return undefined;
  }

  /** Takes one exemplar into memory, or says why not. */
  addExemplar(labels: Labels, exemplar: Exemplar, nowMs: number): ExemplarRefusal | undefined {
    return this.#exemplars.add(labels, exemplar, nowMs - this.#config.retentionMs);
  }

  describe(name: string, metadata: MetricMetadata): void {
    if (this.#metadata.size < METADATA_MAX || this.#metadata.has(name)) this.#metadata.set(name, metadata);
  }

  /**
   * Makes everything in memory durable together with `cursor`. Samples that come
   * meanwhile go into the next seal. One seal at a time.
   *
   * @throws DiskError; the samples are then in memory still
   */
  async seal(cursor: Cursor, nowMs: number): Promise<void> {
    const sealing = [...this.#byRef.values()].filter((series) => series.tail !== undefined);
    for (const series of sealing) {
      series.sealing = series.tail;
      series.tail = undefined;
    }
    this.tailSamples = 0;
    const exemplars = this.#exemplars.take(nowMs - this.#config.retentionMs);
    try {
      const added = sealing.length === 0 ? [] : [await this.#writeFile(tailsOf(sealing), 0)];
      const names = await this.#exemplars.write(exemplars, `${this.#nextName()}.exemplars`);
      await this.#commit([...this.#files, ...added], cursor, names);
      for (const series of sealing) series.sealing = undefined;
      for (const file of added) this.#attach(file);
      await this.#exemplars.settle(names);
    } catch (error) {
      for (const series of sealing) this.#giveBack(series);
      this.#exemplars.giveBack(exemplars);
      throw error;
    }
    await this.#retain(nowMs);
    await this.#merge();
  }

  async select(request: SelectRequest): Promise<readonly Series[]> {
    this.#selecting += 1;
    try {
      return await this.#select(request);
    } finally {
      this.#selecting -= 1;
      if (this.#selecting === 0) await this.#bury();
    }
  }

  async #select(request: SelectRequest): Promise<readonly Series[]> {
    const result: Series[] = [];
    const blocks = new Map<string, Promise<Uint8Array>>();
    for (const ref of this.#index.select(request.matchers)) {
      request.signal?.throwIfAborted();
      const series = this.#byRef.get(ref);
      if (series === undefined) continue;
      const columns = await this.#read(series, request, blocks);
      if (columns.timesMs.length > 0) result.push({ labels: series.labels, ...columns });
    }
    return result;
  }

  async labelNames(request: LabelRequest): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const series of this.#inRange(request))
      for (const name of Object.keys(series.labels)) names.add(name);
    return limited([...names].toSorted(), request.limit);
  }

  async labelValues(name: string, request: LabelRequest): Promise<readonly string[]> {
    const values = new Set<string>();
    for (const { labels } of this.#inRange(request)) {
      const value = labels[name];
      if (value !== undefined) values.add(value);
    }
    return limited([...values].toSorted(), request.limit);
  }

  async series(request: LabelRequest): Promise<readonly Labels[]> {
    return limited(
      [...this.#inRange(request)].map((series) => series.labels),
      request.limit,
    );
  }

  async exemplars(request: ExemplarRequest): Promise<readonly ExemplarSeries[]> {
    return this.#exemplars.ring.select(request);
  }

  async metadata(): Promise<Readonly<Record<string, MetricMetadata>>> {
    return Object.fromEntries(this.#metadata);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of [...this.#files.splice(0), ...this.#detached.splice(0)]) {
      await file.chunks[Symbol.asyncDispose]();
    }
  }

  *#inRange(request: LabelRequest): Iterable<StoredSeries> {
    const refs =
      request.sets.length === 0
        ? this.#byRef.keys()
        : new Set(request.sets.flatMap((matchers) => this.#index.select(matchers)));
    for (const ref of refs) {
      const series = this.#byRef.get(ref);
      if (series !== undefined && overlaps(series, request.startMs, request.endMs)) yield series;
    }
  }

  async #read(
    series: StoredSeries,
    range: { readonly startMs: number; readonly endMs: number },
    blocks: Map<string, Promise<Uint8Array>>,
  ): Promise<SampleColumns> {
    // Taken before the first wait, so that a seal that ends meanwhile changes nothing.
    const chunks = series.chunks.filter(
      ({ entry }) => entry.minMs <= range.endMs && entry.maxMs >= range.startMs,
    );
    const memory = [series.sealing, series.tail].filter((samples) => samples !== undefined);
    const inMemory = memory.map((samples) => cutColumns(samples.columns(), range.startMs, range.endMs));
    const sealed: SampleColumns[] = [];
    for (const { file, entry } of chunks) {
      sealed.push(cutColumns(await readChunk(file, entry, blocks), range.startMs, range.endMs));
    }
    return mergeColumns([...sealed, ...inMemory]);
  }

  #addSeries(labels: Labels, key: string): StoredSeries {
    const ref = this.#nextRef++;
    const series: StoredSeries = { ref, labels, key, tail: undefined, sealing: undefined, chunks: [] };
    this.#byKey.set(key, series);
    this.#byRef.set(ref, series);
    this.#index.add(ref, labels);
    return series;
  }

  #giveBack(series: StoredSeries): void {
    const sealing = series.sealing;
    series.sealing = undefined;
    if (sealing === undefined) return;
    const { timesMs, values, stale } = mergeColumns(
      [sealing, series.tail].filter((samples) => samples !== undefined).map((samples) => samples.columns()),
    );
    this.tailSamples += sealing.count;
    series.tail = new GrowingSamples();
    for (const [at, timeMs] of timesMs.entries())
      series.tail.push(timeMs, values[at] ?? 0, stale?.[at] === 1);
  }

  async #load(manifest: Manifest): Promise<void> {
    this.#cursor = manifest.cursor;
    this.#nextFile = manifest.nextFile;
    for (const [name, metadata] of Object.entries(manifest.metadata)) this.#metadata.set(name, metadata);
    await this.#exemplars.load(manifest.exemplars ?? []);
    for (const file of manifest.files) {
      const chunks = await ChunkFile.open(this.#disk, `${this.#directory}/${file.name}`);
      const open = { ...file, chunks };
      this.#files.push(open);
      this.#attach(open);
    }
  }

  #attach(file: OpenFile): void {
    for (const entry of file.chunks.series) {
      const key = labelsKey(entry.labels);
      const series = this.#byKey.get(key) ?? this.#addSeries(entry.labels, key);
      series.chunks.push({ file, entry });
    }
  }

  async #writeFile(
    series: Iterable<SeriesToSeal> | AsyncIterable<SeriesToSeal>,
    level: number,
  ): Promise<OpenFile> {
    const name = `${this.#nextName()}.chunk`;
    const path = `${this.#directory}/${name}`;
    const summary = await writeChunkFile(this.#disk, path, series);
    return { name, level, ...summary, chunks: await ChunkFile.open(this.#disk, path) };
  }

  #nextName(): string {
    return String(this.#nextFile++).padStart(10, '0');
  }

  async #commit(
    files: readonly OpenFile[],
    cursor: Cursor,
    exemplars = this.#exemplars.names,
  ): Promise<void> {
    await writeManifest(this.#disk, this.#directory, {
      version: 1,
      cursor,
      nextFile: this.#nextFile,
      files: files.map(({ chunks: _chunks, ...file }) => file),
      metadata: Object.fromEntries(this.#metadata),
      exemplars,
    });
    this.#files = [...files];
    this.#cursor = cursor;
  }

  /** Deletes the oldest files that are over age or over the budget. */
  async #retain(nowMs: number): Promise<void> {
    let bytes = this.bytes;
    const doomed = new Set<OpenFile>();
    for (const file of this.#files.toSorted((a, b) => a.maxMs - b.maxMs)) {
      const expired = file.maxMs < nowMs - this.#config.retentionMs;
      if (!expired && bytes <= this.#config.retentionBytes) break;
      doomed.add(file);
      bytes -= file.bytes;
    }
    if (doomed.size === 0) return;
    await this.#commit(
      this.#files.filter((file) => !doomed.has(file)),
      this.#cursor,
    );
    await this.#detach(doomed);
  }

  /** Merges neighbouring small files, so that a day is tens of files, not thousands. */
  async #merge(): Promise<void> {
    for (let level = 0; level < LEVEL_MAX; level += 1) {
      const sources = this.#files.filter((file) => file.level === level);
      if (sources.length < MERGE_FILES) continue;
      const merged = await this.#writeFile(this.#mergedSeries(new Set(sources)), level + 1);
      const at = this.#files.indexOf(sources[0] ?? merged);
      const files = this.#files.filter((file) => file.level !== level);
      files.splice(Math.min(at, files.length), 0, merged);
      await this.#commit(files, this.#cursor);
      this.#attach(merged);
      await this.#detach(new Set(sources));
      this.#restoreOrder();
    }
  }

  /** A merged file takes the place of its sources, also in each series. */
  #restoreOrder(): void {
    const order = new Map(this.#files.map((file, at) => [file.name, at]));
    for (const series of this.#byRef.values()) {
      series.chunks.sort((a, b) => (order.get(a.file.name) ?? 0) - (order.get(b.file.name) ?? 0));
    }
  }

  async *#mergedSeries(sources: ReadonlySet<OpenFile>): AsyncIterable<SeriesToSeal> {
    const blocks = new Map<string, Promise<Uint8Array>>();
    for (const series of this.#byRef.values()) {
      const chunks = series.chunks.filter(({ file }) => sources.has(file));
      if (chunks.length === 0) continue;
      const parts: SampleColumns[] = [];
      if (blocks.size > MERGE_BLOCKS_MAX) blocks.clear();
      for (const { file, entry } of chunks) parts.push(await readChunk(file, entry, blocks));
      yield { labels: series.labels, samples: mergeColumns(parts) };
    }
  }

  async #detach(files: ReadonlySet<OpenFile>): Promise<void> {
    for (const series of this.#byRef.values()) {
      series.chunks = series.chunks.filter(({ file }) => !files.has(file));
      if (series.chunks.length > 0 || series.tail !== undefined || series.sealing !== undefined) continue;
      this.#index.remove(series.ref);
      this.#byRef.delete(series.ref);
      this.#byKey.delete(series.key);
    }
    for (const file of files) await this.#disk.remove(`${this.#directory}/${file.name}`);
    this.#detached.push(...files);
    if (this.#selecting === 0) await this.#bury();
  }

  async #bury(): Promise<void> {
    for (const file of this.#detached.splice(0)) await file.chunks[Symbol.asyncDispose]();
  }
}

function limited<Item>(items: readonly Item[], limit: number): readonly Item[] {
  return limit > 0 ? items.slice(0, limit) : items;
}
