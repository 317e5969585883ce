/**
 * Who calls whom, from the counters of the service graph. Counted from sample
 * to sample, as PromQL's `increase` does, but without its extrapolation: calls
 * are whole numbers.
 */
import { labelOf } from '#promql/labels.ts';
import type { Series, SeriesSource } from '#promql/ports.ts';

export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

export interface DependencyRange {
  /** Milliseconds since the Unix epoch, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface DependencyReader {
  dependencies(range: DependencyRange): Promise<readonly Dependency[]>;
}

/** How far before the range a counter's value is looked for: PromQL's lookback. */
const LOOKBACK_MS = 300_000;

/** Pairs with at least one call, by parent, then child. */
export async function dependenciesOf(
  source: SeriesSource,
  { startMs, endMs }: DependencyRange,
): Promise<readonly Dependency[]> {
  const matchers = [
    { name: '__name__', operator: '=', value: 'traces_service_graph_request_total' },
  ] as const;
  const found = await source.select({ matchers, startMs: startMs - LOOKBACK_MS, endMs });
  const calls = new Map<string, Dependency>();
  for (const series of found) {
    const [parent, child] = [labelOf(series.labels, 'client'), labelOf(series.labels, 'server')];
    const count = increase(series, startMs);
    // The overflow series stands for many pairs, and names none.
    if (count === 0 || parent === '' || child === '') continue;
    const key = JSON.stringify([parent, child]);
    calls.set(key, { parent, child, callCount: count + (calls.get(key)?.callCount ?? 0) });
  }
  return [...calls.values()].toSorted((a, b) => compare(a.parent, b.parent) || compare(a.child, b.child));
}

/** From the last sample before `startMs`, else the first after it; a fall is a counter that began anew. */
function increase({ timesMs, values, stale }: Series, startMs: number): number {
  let before: number | undefined;
  let sum = 0;
  for (const [at, timeMs] of timesMs.entries()) {
    const value = values[at] ?? 0;
    if (stale?.[at] === 1) continue;
    if (before !== undefined && timeMs > startMs) sum += value >= before ? value - before : value;
    before = value;
  }
  return Math.round(sum);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
