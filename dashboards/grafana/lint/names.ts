/**
 * The names a query may use: our own metrics from the registry, and those of
 * others by hand. A test holds this list to the code that sets them.
 */
import type { MetricDefinition } from '#base/metrics.ts';
import { METRICS } from '#signals/registry.ts';

export interface Metric {
  readonly type: MetricDefinition['type'];
  readonly labels: readonly string[];
}

const SPAN_LABELS = ['service_name', 'span_name', 'span_kind', 'status_code'];
const EDGE_LABELS = ['client', 'server', 'connection_type'];

function counter(...labels: readonly string[]): Metric {
  return { type: 'counter', labels };
}
function gauge(...labels: readonly string[]): Metric {
  return { type: 'gauge', labels };
}
function histogram(...labels: readonly string[]): Metric {
  return { type: 'histogram', labels };
}

/** Of the freight company, the fault daemon, the SDK and the connectors. */
export const FOREIGN: Readonly<Record<string, Metric>> = {
  // made of spans
  traces_span_metrics_calls_total: counter(...SPAN_LABELS),
  traces_span_metrics_duration_milliseconds: histogram(...SPAN_LABELS),
  traces_service_graph_request_total: counter(...EDGE_LABELS),
  traces_service_graph_request_failed_total: counter(...EDGE_LABELS),
  // the SDK in each service
  nodejs_eventloop_delay_p99_seconds: gauge(),
  nodejs_eventloop_delay_max_seconds: gauge(),
  process_cpu_seconds_total: counter('cpu_mode'),
  process_resident_memory_bytes: gauge(),
  v8js_memory_heap_used_bytes: gauge('v8js_heap_space_name'),
  otel_sdk_dropped_items_total: counter('signal', 'reason'),
  // the freight company
  freight_broker_lag_records: gauge('topic', 'group'),
  freight_invoiced_cents_total: counter(),
  freight_invoices_pending: gauge(),
  freight_invoices_total: counter(),
  freight_lane_lookups_total: counter('result'),
  freight_milestones_total: counter('milestone'),
  freight_outbox_records: gauge('topic'),
  freight_peer_circuit_open: gauge('peer'),
  freight_position_checks_total: counter('result'),
  freight_quotes_total: counter('equipment'),
  freight_reconciliation_checks_total: counter('result'),
  freight_shipments_total: counter('state'),
  freight_tender_offers_total: counter('carrier', 'decision'),
  freight_trips: gauge(),
  // its customers
  freight_customer_requests_total: counter('step', 'result'),
  freight_customer_latency_seconds: gauge('quantile'),
  // the fault daemon
  chaos_faults: gauge(),
  chaos_fault_on: gauge('fault', 'target'),
  chaos_faults_begun_total: counter(),
  chaos_faults_blocked: gauge(),
  chaos_proxy_connections: gauge('proxy'),
  chaos_proxy_http_faults_total: counter('effect', 'proxy'),
  toxiproxy_proxy_sent_bytes_total: counter('direction', 'listener', 'proxy', 'upstream'),
};

/** What a scrape adds to every series. */
const SCRAPE_LABELS = ['job', 'instance'];
const HISTOGRAM_SERIES = ['_bucket', '_sum', '_count'];

/** Every series name with its type and labels; the series of a histogram are counters. */
export function knownSeries(): ReadonlyMap<string, Metric> {
  const known = new Map<string, Metric>();
  const own = Object.values(METRICS).map(({ name, type, labels }): [string, Metric] => [
    name,
    { type, labels },
  ]);
  for (const [name, metric] of [...own, ...Object.entries(FOREIGN)]) {
    const labels = scrapedLabels(metric.labels);
    if (metric.type !== 'histogram') known.set(name, { type: metric.type, labels });
    else
      for (const ending of HISTOGRAM_SERIES)
        known.set(`${name}${ending}`, { type: 'counter', labels: [...labels, 'le'] });
  }
  return known;
}

/** A label that the scrape needs itself is put aside as `exported_…`. */
function scrapedLabels(labels: readonly string[]): readonly string[] {
  return [
    ...SCRAPE_LABELS,
    ...labels.map((label) => (SCRAPE_LABELS.includes(label) ? `exported_${label}` : label)),
  ];
}

/** Fields of our documents in Elasticsearch's OpenTelemetry mapping that boards ask for. */
export const DOCUMENT_FIELDS: ReadonlySet<string> = new Set([
  '@timestamp',
  'body.text',
  'duration',
  'name',
  'resource.attributes.service.name',
  'severity_text',
  'trace_id',
]);
