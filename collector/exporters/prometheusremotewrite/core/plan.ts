/** What a batch of records becomes: requests that are to be sent, and what is refused already. Pure. */
import { isCoded } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import type { ExportBatch, RefusedItem } from '#collector/exporters/ports.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import {
  NO_ITEM,
  SeriesBatch,
  type OutSeries,
} from '#collector/exporters/prometheusremotewrite/core/batch.ts';
import { chunksOf, type Chunk } from '#collector/exporters/prometheusremotewrite/core/chunks.ts';
import { Refusals } from '#collector/exporters/prometheusremotewrite/core/refusals.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';
import { translateMetrics, type TranslationOptions } from '#signals/prometheus/from-otlp.ts';
import { LabelMemo } from '#signals/prometheus/label-memo.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import type { MetricDescription } from '#signals/prometheus/sink.ts';

/** More of one record with one reason are told in one line. */
const TOLD_EACH_MAX = 20;
const TARGETS_MAX = 10_000;

export interface Request {
  readonly chunk: Chunk;
  /** A request before it may have brought some of it. */
  mayBeStored: boolean;
}

/** Newest time of each series that stands for no item: what is older tells nothing new. */
class LastTimes {
  readonly #times = new Map<string, number>();

  /** Takes what is not newer than before out of `series`. */
  cut(series: OutSeries): void {
    const last = this.#times.get(series.key) ?? Number.NEGATIVE_INFINITY;
    const newer = series.samples.filter(({ timeMs }) => timeMs > last);
    series.samples.splice(0, series.samples.length, ...newer);
    const newest = newer.at(-1);
    if (newest === undefined) return;
    if (this.#times.size >= TARGETS_MAX) this.#times.clear();
    this.#times.set(series.key, newest.timeMs);
  }
}

/** What batches before taught. */
export class Learnt {
  readonly lastTimes = new LastTimes();
  readonly labels = new LabelMemo();
}

/** Items of the batch, numbered through: those of a record begin at `first`. */
interface Numbered {
  readonly id: RecordId;
  readonly first: number;
}

export class Plan {
  /** The first is sent next. */
  readonly requests: Request[];
  readonly refusals = new Refusals();
  readonly described: ReadonlyMap<string, MetricDescription>;
  readonly #records: readonly Numbered[];
  readonly #untranslated: readonly RefusedItem[];
  readonly #twice: readonly number[];

  constructor(options: {
    readonly requests: Request[];
    readonly described: ReadonlyMap<string, MetricDescription>;
    readonly records: readonly Numbered[];
    readonly untranslated: readonly RefusedItem[];
    readonly twice: readonly number[];
  }) {
    this.requests = options.requests;
    this.described = options.described;
    this.#records = options.records;
    this.#untranslated = options.untranslated;
    this.#twice = options.twice;
  }

  isOf(records: readonly JournalRecord[]): boolean {
    return (
      records.length === this.#records.length &&
      records.every(({ id }, index) => isSame(id, this.#records[index]?.id))
    );
  }

  /** A point is refused when one of its samples is, and once. */
  refused(): RefusedItem[] {
    const byItem = new Map<number, { readonly reason: string; readonly detail: string }>();
    for (const { sample, refusal } of this.refusals.all()) {
      if (sample.item !== NO_ITEM && !byItem.has(sample.item)) byItem.set(sample.item, refusal);
    }
    for (const item of this.#twice) {
      if (item === NO_ITEM || byItem.has(item)) continue;
      byItem.set(item, { reason: 'duplicate', detail: 'two values of one series at one time' });
    }
    const single = [...byItem].map(([item, { reason, detail }]) => {
      const { id, first } = this.#recordOf(item);
      return { record: id, ordinal: item - first, items: 1, reason, detail };
    });
    return [...this.#untranslated, ...summed(single)];
  }

  #recordOf(item: number): Numbered {
    return present(
      this.#records.findLast(({ first }) => first <= item),
      'every item is of a record',
    );
  }
}

export function planOf(
  { records, mayRepeat }: Pick<ExportBatch, 'records' | 'mayRepeat'>,
  config: RemoteWriteConfig,
  { lastTimes, labels }: Learnt,
): Plan {
  const batch = new SeriesBatch(config);
  const numbered: Numbered[] = [];
  const untranslated: RefusedItem[] = [];
  let first = 0;
  for (const record of records) {
    numbered.push({ id: record.id, first });
    first += record.items;
    for (const [reason, items] of Object.entries(take(record, batch, { ...config, memo: labels }))) {
      const detail = `${reason.replaceAll('_', ' ')}: not something remote write has a form for here`;
      untranslated.push({ record: record.id, ordinal: undefined, items, reason, detail });
    }
  }
  const { series, twice } = batch.finish();
  for (const one of series) if (one.samples.every(({ item }) => item === NO_ITEM)) lastTimes.cut(one);
  const chunks = chunksOf(series, config.requestBytesMax);
  return new Plan({
    requests: chunks.map((chunk) => ({ chunk, mayBeStored: mayRepeat })),
    described: batch.described,
    records: numbered,
    untranslated,
    twice: twice.map(({ item }) => item),
  });
}

/** Returns the items that have no form, by reason. */
function take(
  record: JournalRecord,
  batch: SeriesBatch,
  options: TranslationOptions,
): Readonly<Record<string, number>> {
  try {
    if (record.kind === 'prom-samples') {
      batch.record(record.items, 'each');
      decodeWriteRequest(record.body, batch);
      return {};
    }
    batch.record(record.items, 'told');
    const receivedMs = Number(record.receivedUnixNanos / 1_000_000n);
    return translateMetrics(record.body, receivedMs, batch, options).dropped;
  } catch (error) {
    if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    return { malformed: record.items };
  }
}

function isSame(id: RecordId, other: RecordId | undefined): boolean {
  return id.sequence === other?.sequence && id.epoch === other.epoch && id.node === other.node;
}

/** Each item by itself when they are few. */
function summed(items: readonly RefusedItem[]): RefusedItem[] {
  const groups = Map.groupBy(
    items,
    ({ record, reason }) => `${record.node}/${record.epoch}/${record.sequence}/${reason}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= TOLD_EACH_MAX) return group;
    return [{ ...first, ordinal: undefined, items: group.length }];
  });
}
