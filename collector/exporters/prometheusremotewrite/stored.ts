/** Asks the destination itself whether samples are there: after a request whose answer nobody heard. */
import { AccessError } from '#base/access.ts';
import { errorText, isCoded } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import { ExportError } from '#collector/exporters/ports.ts';
import type { OutSample } from '#collector/exporters/prometheusremotewrite/core/batch.ts';
import type { SampleOfSeries } from '#collector/exporters/prometheusremotewrite/core/refusals.ts';
import type { Labels } from '#signals/matchers.ts';
import type { MetricReader, Series } from '#storage/ports.ts';

export interface StoredSamples {
  /** Those of them that are there, with their value. @throws ExportError when it cannot be asked now */
  find(samples: readonly SampleOfSeries[], signal: AbortSignal): Promise<readonly OutSample[]>;
}

/** Names asked for one after the other; the samples of further ones count as not there. */
const NAMES_MAX = 500;

export function storedSamples(reader: Pick<MetricReader, 'select'>, log: Logger): StoredSamples {
  return {
    async find(samples, signal) {
      const byName = Map.groupBy(samples, ({ series }) => series.labels['__name__'] ?? '');
      const found: OutSample[] = [];
      for (const [name, ofName] of [...byName].slice(0, NAMES_MAX)) {
        const series = await seriesNamed(reader, name, ofName, signal).catch((error: unknown) => {
          if (isCoded(error, 'PLIM_STORE_UNAVAILABLE') || error instanceof AccessError || signal.aborted) {
            throw new ExportError(`what is there cannot be asked: ${errorText(error)}`, { cause: error });
          }
          log.warn(
            { error: errorText(error) },
            'refused samples cannot be looked up; they count as not there',
          );
          return [];
        });
        found.push(...thoseIn(series, ofName));
      }
      return found;
    },
  };
}

function seriesNamed(
  reader: Pick<MetricReader, 'select'>,
  name: string,
  samples: readonly SampleOfSeries[],
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const times = samples.map(({ sample }) => sample.timeMs);
  return reader.select({
    matchers: [{ name: '__name__', operator: '=', value: name }],
    startMs: times.reduce((least, timeMs) => Math.min(least, timeMs), Number.POSITIVE_INFINITY),
    endMs: times.reduce((most, timeMs) => Math.max(most, timeMs), Number.NEGATIVE_INFINITY),
    signal,
  });
}

function thoseIn(series: readonly Series[], samples: readonly SampleOfSeries[]): OutSample[] {
  const byKey = new Map(series.map((one) => [keyOf(one.labels), one]));
  return samples
    .filter(({ series: { labels }, sample }) => holds(byKey.get(keyOf(labels)), sample))
    .map(({ sample }) => sample);
}

function holds(series: Series | undefined, { timeMs, value }: OutSample): boolean {
  const at = series?.timesMs.indexOf(timeMs) ?? -1;
  if (series === undefined || at < 0) return false;
  const isStale = series.stale?.[at] === 1;
  return value === undefined ? isStale : !isStale && Object.is(series.values[at], value);
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
