/**
 * What changed around the start of an incident, out of what can be seen from
 * outside: processes that began, scrapes that failed, operations and versions
 * that were not there before. Only what was found is told.
 */
import type { KeptChange } from '#alerting/kept-evidence.ts';
import { shortName } from '#bin/evidence/core/text.ts';
import type { Window } from '#bin/evidence/core/window.ts';

/** More than a person reads. */
const CHANGES_KEPT_MAX = 30;
/** First sights are looked for in so many steps. */
const SIGHT_STEPS = 60;
const SIGHT_STEP_MS_MIN = 10_000;

/** One element of the vector that Prometheus' API answers with. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [timeSeconds: number, value: string];
}

export const CHANGE_QUERIES = ['started', 'startedBefore', 'scraped', 'operations', 'versions'] as const;
export type ChangeQuery = (typeof CHANGE_QUERIES)[number];

/** PromQL of each question, to be evaluated at the end of the window. */
export function changeQueries(window: Window): Readonly<Record<ChangeQuery, string>> {
  const whole = seconds(window.endMs - window.baselineStartMs);
  const around = seconds(window.endMs - window.startMs);
  const step = seconds(sightStepMs(window));
  const firstSeen = (selector: string): string => `min_over_time(timestamp(${selector})[${whole}:${step}])`;
  return {
    started: `max by (job) (max_over_time(process_start_time_seconds[${around}]))`,
    startedBefore: `min by (job) (min_over_time(process_start_time_seconds[${whole}]))`,
    scraped: 'min by (job) (up)',
    operations: `min by (service_name, span_name) (${firstSeen('traces_span_metrics_calls_total')})`,
    versions: `min by (job, service_version) (${firstSeen('target_info{service_version!=""}')})`,
  };
}

/** Newest first. */
export function keptChanges(
  answers: Readonly<Record<ChangeQuery, readonly Sample[]>>,
  window: Window,
): readonly KeptChange[] {
  return [
    ...starts(answers, window),
    ...silent(answers.scraped, window),
    ...firstSights(answers.versions, window, { owner: 'job', what: 'service_version', kind: 'version' }),
    ...firstSights(answers.operations, window, {
      owner: 'service_name',
      what: 'span_name',
      kind: 'operation',
    }),
  ]
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, CHANGES_KEPT_MAX);
}

function starts(
  { started, startedBefore }: Readonly<Record<ChangeQuery, readonly Sample[]>>,
  { startMs, endMs }: Window,
): readonly KeptChange[] {
  const before = new Map(startedBefore.map(({ metric, value }) => [metric['job'], Number(value[1])]));
  return started.flatMap(({ metric, value }): KeptChange[] => {
    const job = metric['job'] ?? '';
    const atSeconds = Number(value[1]);
    const atMs = Math.round(atSeconds * 1000);
    if (!(atMs >= startMs && atMs <= endMs)) return [];
    // What a process says of its start differs by milliseconds from one reading to the next.
    const again = (before.get(job) ?? atSeconds) < atSeconds - 1;
    return [{ kind: again ? 'restart' : 'start', atMs, service: shortName(job), detail: '' }];
  });
}

/** Those whose scrape failed at the end of the window. */
function silent(scraped: readonly Sample[], { endMs }: Window): readonly KeptChange[] {
  return scraped
    .filter(({ value }) => Number(value[1]) === 0)
    .map(({ metric }) => ({
      kind: 'silent',
      atMs: endMs,
      service: shortName(metric['job'] ?? ''),
      detail: '',
    }));
}

interface Sight {
  readonly owner: string;
  readonly what: string;
  readonly kind: 'operation' | 'version';
}

/** New is what came within the window to an owner seen before it: where all is new, nothing is. */
function firstSights(
  samples: readonly Sample[],
  window: Window,
  { owner, what, kind }: Sight,
): readonly KeptChange[] {
  const sights = samples.map(({ metric, value }) => ({
    service: metric[owner] ?? '',
    detail: metric[what] ?? '',
    atMs: Math.round(Number(value[1]) * 1000),
  }));
  const known = new Set(sights.filter(({ atMs }) => atMs < window.startMs).map(({ service }) => service));
  return sights.flatMap(({ service, detail, atMs }): KeptChange[] => {
    const isNew = atMs >= window.startMs && known.has(service) && service !== '' && detail !== '';
    return isNew ? [{ kind, atMs, service: shortName(service), detail: shortName(detail) }] : [];
  });
}

function sightStepMs({ baselineStartMs, endMs }: Window): number {
  return Math.max(SIGHT_STEP_MS_MIN, (endMs - baselineStartMs) / SIGHT_STEPS);
}

function seconds(durationMs: number): string {
  return `${Math.max(1, Math.round(durationMs / 1000))}s`;
}
