/**
 * Counts over time as one aggregation. Buckets of Elasticsearch's are milliseconds
 * or doubles; steps are nanoseconds. Steps that lie on whole milliseconds, and all
 * that people ask for do, are buckets of dates; others are one filter each, which
 * is as exact and takes longer.
 */
import type { LogSteps } from '#storage/ports.ts';
import { range, TIME, type Clause } from '#storage/elasticsearch/queries.ts';

const NANOS_PER_MS = 1_000_000n;
/** Numbers of OTLP and 0. */
const SEVERITIES_MAX = 256;

export interface StepCount {
  readonly step: number;
  readonly severityNumber: number;
  readonly count: number;
}

export function histogramBody(query: Clause, steps: LogSteps): Readonly<Record<string, unknown>> {
  const buckets = isWhole(steps) ? dateBuckets(steps) : filterBuckets(steps);
  return {
    size: 0,
    query,
    track_total_hits: false,
    aggs: {
      steps: {
        ...buckets,
        aggs: { severities: { terms: { field: 'severity_number', size: SEVERITIES_MAX, missing: 0 } } },
      },
    },
  };
}

function isWhole({ startUnixNanos, stepNanos }: LogSteps): boolean {
  return startUnixNanos % NANOS_PER_MS === 0n && stepNanos % NANOS_PER_MS === 0n;
}

function dateBuckets({ startUnixNanos, stepNanos }: LogSteps): Clause {
  const offsetMs = (startUnixNanos % stepNanos) / NANOS_PER_MS;
  return {
    date_histogram: {
      field: '@timestamp',
      fixed_interval: `${stepNanos / NANOS_PER_MS}ms`,
      offset: `${offsetMs}ms`,
      min_doc_count: 1,
    },
  };
}

function filterBuckets({ startUnixNanos, stepNanos, steps }: LogSteps): Clause {
  const filters = Array.from({ length: steps }, (_, step) => {
    const from = startUnixNanos + stepNanos * BigInt(step);
    return range(TIME, { gte: from, lt: from + stepNanos });
  });
  return { filters: { filters } };
}

interface Bucket {
  readonly key?: number;
  readonly severities: { readonly buckets: readonly { readonly key: number; readonly doc_count: number }[] };
}

export function* countsOf(
  aggregations: Readonly<Record<string, unknown>> | undefined,
  steps: LogSteps,
): Generator<StepCount> {
  const found = aggregations?.['steps'] as { readonly buckets?: readonly Bucket[] } | undefined;
  for (const [index, { key, severities }] of (found?.buckets ?? []).entries()) {
    const step =
      key === undefined
        ? index
        : Number((BigInt(key) * NANOS_PER_MS - steps.startUnixNanos) / steps.stepNanos);
    for (const { key: severityNumber, doc_count: count } of severities.buckets)
      yield { step, severityNumber, count };
  }
}
