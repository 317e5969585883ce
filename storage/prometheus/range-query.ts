/**
 * Raw samples by range selectors, `{…}[Ns]` at the end of the range: what every
 * server of the API answers. Staleness markers are not among them.
 */
import { formatTime } from '#promql/format-value.ts';
import type { Series } from '#promql/ports.ts';
import type { Matcher } from '#signals/matchers.ts';
import type { PrometheusApi } from '#storage/prometheus/api.ts';
import { labelsFrom, listFrom, numberFrom } from '#storage/prometheus/core/json.ts';
import type { TimeRange } from '#storage/prometheus/core/parts.ts';
import { selectorOf } from '#storage/prometheus/core/selector.ts';

/** Durations are 64-bit nanoseconds there. */
const RANGE_MS_MAX = 290 * 365 * 86_400_000;

/** @throws as {@link PrometheusApi.ask} */
export async function rangeQuery(
  api: PrometheusApi,
  matchers: readonly Matcher[],
  { startMs, endMs }: TimeRange,
  signal: AbortSignal | undefined,
): Promise<readonly Series[]> {
  // One more at the left: ranges are open there in newer servers. What is beyond is cut off again.
  const rangeMs = Math.min(RANGE_MS_MAX, Math.max(1, Math.floor(endMs) - Math.ceil(startMs) + 1));
  const query = `${selectorOf(matchers)}[${rangeMs}ms]`;
  const parameters = [
    ['query', query],
    ['time', formatTime(Math.floor(endMs))],
  ] as const;
  const data = await api.ask('/query', parameters, signal);
  const result = typeof data === 'object' && data !== null && 'result' in data ? data.result : [];
  return listFrom(result).flatMap((one) => seriesFrom(one, startMs, endMs) ?? []);
}

function seriesFrom(one: unknown, startMs: number, endMs: number): Series | undefined {
  if (typeof one !== 'object' || one === null || !('metric' in one) || !('values' in one)) return undefined;
  const points = listFrom(one.values)
    .map((point) => listFrom(point))
    .map(([time, value]) => [Math.round(Number(time) * 1000), numberFrom(value)] as const)
    .filter(([timeMs]) => timeMs >= startMs && timeMs <= endMs);
  if (points.length === 0) return undefined;
  return {
    labels: labelsFrom(one.metric),
    timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
    values: Float64Array.from(points, ([, value]) => value),
    stale: undefined,
  };
}
