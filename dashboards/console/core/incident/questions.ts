/** What an incident asks of the APIs: paths of requests, from its evidence. */
import { aroundStart, BASELINE_MS } from '#dashboards/console/core/incident/around.ts';
import type { TraceSummary } from '#dashboards/console/core/incident/spans.ts';
import { withQuery } from '#dashboards/console/core/route.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';

/** As many rows as are shown at first; who wants to see the others asks for all. */
const FROZEN_SHOWN = 6;
const FOUND_MAX = 5;
/** Traces to choose a healthy one from. */
const HEALTHY_MAX = 10;

export interface TraceQuestions {
  /** The newest alone, so that the way to it is there at once; undefined where none was frozen. */
  readonly first: string | undefined;
  readonly newestId: string | undefined;
  /** The others; undefined when there are none. */
  readonly rest: string | undefined;
  /** How many traces both ask for by id; 0 when they are looked for. */
  readonly asked: number;
  /** How many the evidence froze. */
  readonly frozen: number;
}

/**
 * The traces frozen in the evidence, the newest first in line. An alert without
 * any, such as lost telemetry, has failing calls of those who called the suspect.
 */
export function failingTraces(incident: Incident, all: boolean): TraceQuestions {
  const { failingTraceIds } = incident.evidence;
  const ids = failingTraceIds.toReversed().slice(0, all ? undefined : FROZEN_SHOWN);
  const [newestId] = ids;
  const frozen = failingTraceIds.length;
  if (newestId === undefined) {
    return { first: undefined, newestId, rest: searchPath(incident), asked: 0, frozen };
  }
  const rest = ids.length > 1 ? byIds(ids.slice(1)) : undefined;
  return { first: byIds([newestId]), newestId, rest, asked: ids.length, frozen };
}

function byIds(ids: readonly string[]): string {
  return `/api/traces?${ids.map((id) => `traceID=${encodeURIComponent(id)}`).join('&')}`;
}

function searchPath(incident: Incident): string {
  const { suspects, callers } = incident.evidence;
  const suspect = suspects[0]?.service ?? incident.service;
  const caller = callers.find(({ failed }) => failed > 0)?.service ?? callerIn(suspects[0]?.reason ?? '');
  const tags = caller === undefined ? { error: 'true' } : { 'peer.service': suspect, error: 'true' };
  return withQuery('/api/traces', {
    service: caller ?? suspect,
    tags: JSON.stringify(tags),
    ...micros(aroundStart(incident)),
    limit: String(FOUND_MAX),
  });
}

/** Reasons name the caller: "… 97 % of calls from shipments failed". */
function callerIn(reason: string): string | undefined {
  return /\bcalls from (\S+) (?:failed|took)\b/.exec(reason)?.[1];
}

/** Traces that began like a failing one, from before it all began. */
export function healthyTracesPath(incident: Incident, { rootService, rootOperation }: TraceSummary): string {
  const { startMs } = aroundStart(incident);
  return withQuery('/api/traces', {
    service: rootService,
    operation: rootOperation,
    ...micros({ startMs: startMs - BASELINE_MS, endMs: startMs }),
    limit: String(HEALTHY_MAX),
  });
}

/** Templates of log lines around the start, counted also in the half hour before. */
export function patternsPath(incident: Incident): string {
  const { startMs, endMs } = aroundStart(incident);
  return withQuery('/api/plimsoll/v1/logs/patterns', {
    severity: 'warn',
    start: nanos(startMs),
    end: nanos(endMs),
    baseline_start: nanos(startMs - BASELINE_MS),
  });
}

/** When processes started, as they said themselves around the start. */
export function restartsPath(incident: Incident): string {
  const { startMs, endMs } = aroundStart(incident);
  return withQuery('/api/v1/query_range', {
    query: 'process_start_time_seconds',
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: '5',
  });
}

/** Operations seen around the start and not in the half hour before; none where nothing was known then. */
export function newOperationsPath(incident: Incident): string {
  const { startMs, endMs } = aroundStart(incident);
  const by = 'group by (service_name, span_name)';
  const spanS = Math.ceil((endMs - startMs) / 1000);
  const query =
    `${by} (last_over_time(traces_span_metrics_calls_total[${spanS}s])) unless ` +
    `${by} (last_over_time(traces_span_metrics_calls_total[${BASELINE_MS / 1000}s] offset ${spanS}s)) ` +
    `and on (service_name) group by (service_name) (traces_span_metrics_calls_total offset ${spanS + 60}s)`;
  return withQuery('/api/v1/query', { query, time: String(endMs / 1000) });
}

function micros({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
  return { start: String(Math.floor(startMs * 1000)), end: String(Math.ceil(endMs * 1000)) };
}

function nanos(timeMs: number): string {
  return `${Math.trunc(timeMs)}000000`;
}
