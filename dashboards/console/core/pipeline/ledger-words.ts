/** The conservation ledger in words: what came in is somewhere, to the item. */
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

export interface LedgerLine {
  readonly signal: string;
  readonly consumer: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly held: number;
  readonly residual: number;
}

const SIGNALS: Readonly<Record<string, string>> = {
  'otlp-traces': 'spans',
  'otlp-logs': 'log records',
  'otlp-metrics': 'metric points (OTLP)',
  'prom-samples': 'samples (scraped)',
};

/** What a signal is counted in. */
export function signalName(signal: string): string {
  return SIGNALS[signal] ?? signal;
}

const CONSUMERS: Readonly<Record<string, string>> = {
  documents: 'stores spans and logs',
  metrics: 'stores series',
  connectors: 'makes metrics of spans',
  alerting: 'judges SLOs and pages',
};

export function consumerTask(consumer: string): string {
  return CONSUMERS[consumer] ?? 'another program that reads the journal';
}

const REASONS: Readonly<Record<string, string>> = {
  retention: 'too old: removed from the journal before it was read',
  corrupt: 'lost to damage on the disk',
  retries_exhausted: 'given up after retry_on_failure.max_elapsed_time',
  rejected: 'refused by the destination',
  too_large: 'too large for the destination',
  partial_success: 'refused by the destination within a request it took',
  no_such_signal: 'of a signal the destination does not know',
  out_of_order: 'older than what the destination has of the series',
  out_of_bounds: 'too old or too new for the destination',
  duplicate: 'another value at a time the destination has one for',
  invalid_labels: 'with labels the destination does not take',
};

/** Why items were dropped. */
export function reasonName(reason: string): string {
  return REASONS[reason] ?? reason;
}

export function droppedOf({ dropped }: Pick<LedgerLine, 'dropped'>): number {
  return Object.values(dropped).reduce((sum, items) => sum + items, 0);
}

/** `12 refused by the destination; 3 too large for the destination`, over all signals. */
export function reasonsText(rows: readonly Pick<LedgerLine, 'dropped'>[]): string {
  const items = new Map<string, number>();
  for (const { dropped } of rows)
    for (const [reason, count] of Object.entries(dropped))
      items.set(reason, (items.get(reason) ?? 0) + count);
  return [...items].map(([reason, count]) => `${formatNumber(count)} ${reasonName(reason)}`).join('; ');
}

/** `accepted 1 234 = delivered 1 200 + dropped 30 (retention 30) + held 4, residual 0` */
export function equation(line: LedgerLine): string {
  const reasons = Object.entries(line.dropped)
    .map(([reason, items]) => `${reason} ${formatNumber(items)}`)
    .join(', ');
  return (
    `accepted ${formatNumber(line.accepted)} = delivered ${formatNumber(line.delivered)}` +
    ` + dropped ${formatNumber(droppedOf(line))}${reasons === '' ? '' : ` (${reasons})`}` +
    ` + held ${formatNumber(line.held)}, residual ${formatNumber(line.residual)}`
  );
}

/** A lag as people read it; seconds, as exact as it is known. */
export function lagText(lag: number | null): string {
  if (lag === null) return 'more than a minute';
  return lag === 0 ? '0 s' : formatDuration(Math.max(1000, Math.round(lag / 1000) * 1000));
}
