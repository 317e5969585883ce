/**
 * What the journal holds: four kinds of record, each a concatenable protobuf
 * body, uncompressed, and running totals by kind of item.
 */

/**
 * - `otlp-traces`, `otlp-logs`, `otlp-metrics`: an OTLP `Export…ServiceRequest`;
 * - `prom-samples`: a Prometheus remote-write 1.0 `WriteRequest`.
 */
export type RecordKind = 'otlp-traces' | 'otlp-logs' | 'otlp-metrics' | 'prom-samples';

export const RECORD_KINDS = [
  'otlp-traces',
  'otlp-logs',
  'otlp-metrics',
  'prom-samples',
] as const satisfies readonly RecordKind[];

/** Items by kind of record: spans, log records, metric data points, samples. */
export type Totals = Readonly<Record<RecordKind, number>>;

export const NO_ITEMS: Totals = {
  'otlp-traces': 0,
  'otlp-logs': 0,
  'otlp-metrics': 0,
  'prom-samples': 0,
};

/** `totals` with `items` more of one kind. */
export function addItems(totals: Totals, kind: RecordKind, items: number): Totals {
  return { ...totals, [kind]: totals[kind] + items };
}

export function sumTotals(left: Totals, right: Totals): Totals {
  return combine(left, right, (a, b) => a + b);
}

export function subtractTotals(left: Totals, right: Totals): Totals {
  return combine(left, right, (a, b) => a - b);
}

function combine(left: Totals, right: Totals, by: (a: number, b: number) => number): Totals {
  return {
    'otlp-traces': by(left['otlp-traces'], right['otlp-traces']),
    'otlp-logs': by(left['otlp-logs'], right['otlp-logs']),
    'otlp-metrics': by(left['otlp-metrics'], right['otlp-metrics']),
    'prom-samples': by(left['prom-samples'], right['prom-samples']),
  };
}
