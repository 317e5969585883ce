/** What the page Now asks Prometheus' API for: spans and calls between services as metrics. */
import { promString } from '#dashboards/console/core/prom-series.ts';

const CALLS = 'traces_span_metrics_calls_total';
const BUCKETS = 'traces_span_metrics_duration_milliseconds_bucket';
const ERRORS = 'status_code="STATUS_CODE_ERROR"';
/** Work that came in from elsewhere; services that only have other spans are counted by those. */
const ENTRIES = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
const PERCENTILE = 0.95;

const MINUTE_MS = 60_000;
/** Rates over less than a minute jump with every flush of the connectors, over more than five lag behind. */
const WINDOW_MS_MIN = MINUTE_MS;
const WINDOW_MS_MAX = 5 * MINUTE_MS;

/** Over how long a present rate is taken: a fifteenth of what the page shows, 1 … 5 min, in whole minutes. */
export function rateWindowMs(rangeMs: number): number {
  const wantedMs = Math.round(rangeMs / 15 / MINUTE_MS) * MINUTE_MS;
  return Math.min(WINDOW_MS_MAX, Math.max(WINDOW_MS_MIN, wantedMs));
}

export function rateQuery(windowMs: number): string {
  return orAll((labels) => `sum by (service_name) (rate(${CALLS}{${labels}}[${seconds(windowMs)}]))`);
}

/** Zero where work comes in and none of it failed: what a service calls is no failure of its own. */
export function errorsQuery(windowMs: number): string {
  const failed = (labels: string): string =>
    `sum by (service_name) (rate(${CALLS}{${and(labels, ERRORS)}}[${seconds(windowMs)}]))`;
  const none = `0 * sum by (service_name) (rate(${CALLS}{${ENTRIES}}[${seconds(windowMs)}]))`;
  return `${failed(ENTRIES)} or ${none} or ${failed('')}`;
}

/** Milliseconds. */
export function p95Query(windowMs: number): string {
  return orAll(
    (labels) =>
      `histogram_quantile(${PERCENTILE}, sum by (service_name, le) (rate(${BUCKETS}{${labels}}[${seconds(windowMs)}])))`,
  );
}

/** The same for one service, for a link to the page Metrics. */
export function ofService(kind: 'rate' | 'errors' | 'p95', service: string, windowMs: number): string {
  const mine = `service_name=${promString(service)},${ENTRIES}`;
  const over = `[${seconds(windowMs)}]`;
  switch (kind) {
    case 'rate':
      return `sum by (span_name) (rate(${CALLS}{${mine}}${over}))`;
    case 'errors':
      return `sum by (span_name) (rate(${CALLS}{${and(mine, ERRORS)}}${over}))`;
    case 'p95':
      return `histogram_quantile(${PERCENTILE}, sum by (span_name, le) (rate(${BUCKETS}{${mine}}${over})))`;
    default:
      return kind satisfies never;
  }
}

/** Who called whom at all in the range: it makes the picture, and no rate changes it. */
export function callsInRangeQuery(rangeMs: number): string {
  return `sum by (client, server, connection_type) (increase(traces_service_graph_request_total[${seconds(rangeMs)}]))`;
}

export function callRateQuery(windowMs: number): string {
  return `sum by (client, server) (rate(traces_service_graph_request_total[${seconds(windowMs)}]))`;
}

export function failedCallRateQuery(windowMs: number): string {
  return `sum by (client, server) (rate(traces_service_graph_request_failed_total[${seconds(windowMs)}]))`;
}

/** Unix seconds at which the process that answers scrapes began. */
export const STARTED_QUERY = 'max by (job) (process_start_time_seconds)';

/** The same of the earliest process in the range: another one means that it was started again. */
export function startedBeforeQuery(rangeMs: number): string {
  return `min by (job) (min_over_time(process_start_time_seconds[${seconds(rangeMs)}]))`;
}

export const SCRAPED_QUERY = 'min by (job) (up)';

/** Unix seconds at which an operation was seen first in the range. */
export function operationsSeenQuery(rangeMs: number): string {
  return `min by (service_name, span_name) (${firstSeen(CALLS, rangeMs)})`;
}

/** Unix seconds at which a version of a service was seen first in the range. */
export function versionsSeenQuery(rangeMs: number): string {
  return `min by (job, service_version) (${firstSeen('target_info{service_version!=""}', rangeMs)})`;
}

/** How exactly the first sight is known: a thirtieth of the range, at least ten seconds. */
export function sightStepMs(rangeMs: number): number {
  return Math.max(10_000, Math.round(rangeMs / 30_000) * 1000);
}

function firstSeen(selector: string, rangeMs: number): string {
  return `min_over_time(timestamp(${selector})[${seconds(rangeMs)}:${seconds(sightStepMs(rangeMs))}])`;
}

function orAll(query: (labels: string) => string): string {
  return `${query(ENTRIES)} or ${query('')}`;
}

function and(...labels: readonly string[]): string {
  return labels.filter((label) => label !== '').join(',');
}

function seconds(durationMs: number): string {
  return `${Math.max(1, Math.round(durationMs / 1000))}s`;
}
