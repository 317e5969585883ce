/** Lines over time, stacked by severity: what a drawing and a table need. */
import { chartStepMs, type Interval } from '#dashboards/console/core/time-range.ts';
import type { Level, LogHistogram } from '#dashboards/console/core/logs/answers.ts';
import { nanosToMs } from '#dashboards/console/core/logs/line.ts';

/** Severities that are drawn as one, worst first: at the foot, where bars are compared best. */
export const BANDS = ['error', 'warn', 'info', 'below'] as const;

export type Band = (typeof BANDS)[number];

export function bandOf(level: Level): Band {
  switch (level) {
    case 'fatal':
    case 'error':
      return 'error';
    case 'warn':
    case 'info':
      return level;
    case 'debug':
    case 'trace':
    case 'unset':
      return 'below';
    default:
      return level satisfies never;
  }
}

export interface Bucket {
  readonly startMs: number;
  readonly endMs: number;
  readonly total: number;
  readonly counts: Readonly<Record<Band, number>>;
}

export interface Bars {
  readonly buckets: readonly Bucket[];
  readonly totals: Readonly<Record<Band, number>>;
  readonly total: number;
  readonly highest: number;
}

const NONE: Readonly<Record<Band, number>> = { error: 0, warn: 0, info: 0, below: 0 };

export function barsOf(answer: LogHistogram): Bars {
  const stepMs = Number(answer.stepNanos) / 1e6;
  const buckets = answer.buckets.map(({ unixNanos, total, counts }) => {
    const startMs = nanosToMs(unixNanos);
    const summed = { ...NONE };
    for (const [level, count] of Object.entries(counts) as [Level, number][]) summed[bandOf(level)] += count;
    return { startMs, endMs: startMs + stepMs, total, counts: summed };
  });
  const totals = { ...NONE };
  for (const { counts } of buckets) for (const band of BANDS) totals[band] += counts[band];
  return {
    buckets,
    totals,
    total: buckets.reduce((sum, { total }) => sum + total, 0),
    highest: buckets.reduce((most, { total }) => Math.max(most, total), 0),
  };
}

/** Segments of a bar from the foot up: each begins where the one before ends. Shares of `highest`. */
export function segmentsOf(
  bucket: Bucket,
  highest: number,
): readonly { readonly band: Band; readonly from: number; readonly to: number }[] {
  let below = 0;
  return BANDS.flatMap((band) => {
    const count = bucket.counts[band];
    if (count === 0 || highest === 0) return [];
    const from = below / highest;
    below += count;
    return [{ band, from, to: below / highest }];
  });
}

/**
 * The interval on whole steps, so that bars keep their counts while time moves on.
 * The API splits it into equal buckets of exactly one step.
 */
export function alignedBuckets(interval: Interval, wanted: number): Interval & { readonly buckets: number } {
  const stepMs = chartStepMs(interval, wanted);
  const startMs = Math.floor(interval.startMs / stepMs) * stepMs;
  const endMs = Math.ceil(interval.endMs / stepMs) * stepMs;
  return { startMs, endMs, buckets: Math.max(1, Math.round((endMs - startMs) / stepMs)) };
}

/** The part of an interval between two places, 0 … 1 each in any order; undefined when it is too small to mean it. */
export function brushed({ startMs, endMs }: Interval, from: number, to: number): Interval | undefined {
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map((at) => Math.min(1, Math.max(0, at)));
  if (low === undefined || high === undefined || high - low < 0.004) return undefined;
  const lengthMs = endMs - startMs;
  return { startMs: startMs + low * lengthMs, endMs: startMs + high * lengthMs };
}
