/** The time around the start of an incident: what to ask for, and what changed then. */
import type { Target } from '#dashboards/console/core/links.ts';
import type { PromMatrixAnswer, PromVectorAnswer } from '#dashboards/console/core/prom-series.ts';
import { withQuery } from '#dashboards/console/core/route.ts';
import { absoluteRange, type Interval, type TimeRange } from '#dashboards/console/core/time-range.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';

/** Before the first bad event: what caused it is here. */
const BEFORE_MS = 2 * 60_000;
/** After it fired: it goes on like this. */
const AFTER_MS = 3 * 60_000;
/** Logs and operations are compared with so long before. */
export const BASELINE_MS = 30 * 60_000;

type Times = Pick<Incident, 'startsAtMs' | 'endsAtMs'> & {
  readonly evidence: Pick<Incident['evidence'], 'firstBadMs'>;
};

/** From shortly before the first bad event to shortly after it fired. */
export function aroundStart({ startsAtMs, evidence }: Times): Interval {
  const beganMs = Math.min(evidence.firstBadMs ?? startsAtMs, startsAtMs);
  return { startMs: Math.floor(beganMs - BEFORE_MS), endMs: Math.ceil(startsAtMs + AFTER_MS) };
}

/** All of it, with the time around; what goes on ends now. */
export function wholeRange(times: Times): TimeRange {
  const { startMs } = aroundStart(times);
  const { endsAtMs } = times;
  if (endsAtMs === null) return { from: String(startMs), to: 'now' };
  return absoluteRange({ startMs, endMs: endsAtMs + AFTER_MS });
}

/** Parameters of a page of the console that shows this interval. */
export function rangeQuery({ startMs, endMs }: Interval): { readonly from: string; readonly to: string } {
  return { from: String(startMs), to: String(endMs) };
}

/** An address with the time around the start as its range. */
export function around({ path, query }: Target, range: ReturnType<typeof rangeQuery>): string {
  return withQuery(path, { ...query, ...range });
}

export interface Change {
  readonly key: string;
  readonly atMs: number | null;
  /** Those that changed together. */
  readonly services: readonly string[];
  readonly kind: 'restart' | 'operation' | 'version' | 'silent';
  readonly text: string;
}

/** Processes that start within so long of each other were started by one hand. */
const TOGETHER_MS = 5000;

/** Values of `process_start_time_seconds` by job: each one within the interval is a start. Newest first. */
export function restartsIn(
  answer: PromMatrixAnswer | undefined,
  { startMs, endMs }: Interval,
): readonly Change[] {
  const starts = new Map<string, { readonly service: string; readonly atMs: number }>();
  for (const { metric, values } of answer?.data.result ?? []) {
    const service = metric['job'] ?? metric['service_name'] ?? '';
    for (const [, text] of values) {
      const atMs = Math.round(Number(text) * 1000);
      if (atMs >= startMs && atMs <= endMs)
        starts.set(`${service} ${Math.round(atMs / 1000)}`, { service, atMs });
    }
  }
  return groupedStarts([...starts.values()]);
}

/** Newest first. */
export function groupedStarts(
  starts: readonly { readonly service: string; readonly atMs: number }[],
): readonly Change[] {
  const groups: { atMs: number; readonly services: Set<string> }[] = [];
  for (const { service, atMs } of starts.toSorted((a, b) => a.atMs - b.atMs)) {
    const last = groups.at(-1);
    if (last === undefined || atMs - last.atMs > TOGETHER_MS)
      groups.push({ atMs, services: new Set([service]) });
    else last.services.add(service);
  }
  return groups.toReversed().map(({ atMs, services }) => ({
    key: `restart ${atMs}`,
    atMs,
    services: [...services].toSorted(),
    kind: 'restart',
    text: services.size === 1 ? 'its process started' : `${services.size} processes started`,
  }));
}

/** Operations that were not there before. */
export function newOperations(answer: PromVectorAnswer | undefined): readonly Change[] {
  return (answer?.data.result ?? []).map(({ metric }) => {
    const service = metric['service_name'] ?? '';
    const operation = metric['span_name'] ?? '';
    return {
      key: `operation ${service} ${operation}`,
      atMs: null,
      services: [service],
      kind: 'operation',
      text: operation,
    };
  });
}
