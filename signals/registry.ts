/**
 * Every metric Plimsoll exposes about itself: name, type, help, labels. A test
 * holds the code and `docs/reference/metrics.md` to this list. Names follow the
 * OpenTelemetry Collector (`otelcol_*`) where it has the same figure.
 */
import type { MetricDefinition } from '#base/metrics.ts';

function counter(name: string, help: string, labels: readonly string[] = []): MetricDefinition {
  return { name, type: 'counter', help, labels };
}
function gauge(name: string, help: string, labels: readonly string[] = []): MetricDefinition {
  return { name, type: 'gauge', help, labels };
}
function histogram(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly string[] = [],
): MetricDefinition {
  return { name, type: 'histogram', help, labels, buckets };
}

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export const METRICS = {
  // receivers
  acceptedSpans: counter('otelcol_receiver_accepted_spans_total', 'Spans accepted, that is durable.', [
    'receiver',
    'transport',
  ]),
  acceptedMetricPoints: counter(
    'otelcol_receiver_accepted_metric_points_total',
    'Metric points accepted, that is durable.',
    ['receiver', 'transport'],
  ),
  acceptedLogRecords: counter(
    'otelcol_receiver_accepted_log_records_total',
    'Log records accepted, that is durable.',
    ['receiver', 'transport'],
  ),
  refusedSpans: counter(
    'otelcol_receiver_refused_spans_total',
    'Spans refused as invalid in partly accepted requests.',
    ['receiver', 'transport'],
  ),
  refusedMetricPoints: counter(
    'otelcol_receiver_refused_metric_points_total',
    'Metric points refused as invalid in partly accepted requests.',
    ['receiver', 'transport'],
  ),
  refusedLogRecords: counter(
    'otelcol_receiver_refused_log_records_total',
    'Log records refused as invalid in partly accepted requests.',
    ['receiver', 'transport'],
  ),
  receiverRequests: counter('plimsoll_receiver_requests_total', 'Requests answered, by HTTP status.', [
    'receiver',
    'status',
  ]),
  receiverRefusals: counter(
    'plimsoll_receiver_refused_requests_total',
    'Requests refused, by error code: which limit or rule it was.',
    ['receiver', 'code'],
  ),
  receiverSeconds: histogram(
    'plimsoll_receiver_request_duration_seconds',
    'Time from the first byte of a request to its answer.',
    LATENCY_SECONDS,
    ['receiver'],
  ),
  receiverBytesInFlight: gauge(
    'plimsoll_receiver_in_flight_bytes',
    'Body bytes held for requests not answered yet.',
    ['receiver'],
  ),
  receiverDroppedPackets: counter(
    'plimsoll_receiver_dropped_packets_total',
    'UDP packets thrown away, by protocol and error code: nobody can be told to send them again.',
    ['receiver', 'protocol', 'code'],
  ),
  scrapes: counter('plimsoll_scrapes_total', 'Scrapes of targets, by outcome.', ['job', 'outcome']),
  scrapeDroppedSamples: counter(
    'plimsoll_scrape_dropped_samples_total',
    'Scraped samples that were not kept, by reason: duplicate, or the error code of the refusal.',
    ['job', 'reason'],
  ),
  // journal
  journalBytes: gauge('plimsoll_journal_bytes', 'Bytes of segments on disk.'),
  journalBytesMax: gauge('plimsoll_journal_budget_bytes', 'Bytes the journal may use.'),
  journalRecords: counter('plimsoll_journal_records_total', 'Records made durable since the start.'),
  journalSyncSeconds: histogram(
    'plimsoll_journal_sync_duration_seconds',
    'Time of one group commit, write and sync.',
    LATENCY_SECONDS,
  ),
  journalCorrupt: counter(
    'plimsoll_journal_corrupt_records_total',
    'Damaged records found when the journal was opened; the ledger has the items lost, by consumer.',
  ),
  journalFailedSyncs: counter(
    'plimsoll_journal_failed_syncs_total',
    'Syncs that failed; the segment was fenced.',
  ),
  journalHeldBytes: gauge('plimsoll_journal_held_bytes', 'Bytes a consumer has not read yet.', ['consumer']),
  // conservation ledger
  ledgerAccepted: gauge('plimsoll_ledger_accepted_items', 'Items accepted since the data folder was made.', [
    'signal',
  ]),
  ledgerDelivered: gauge('plimsoll_ledger_delivered_items', 'Items a consumer has made its own.', [
    'signal',
    'consumer',
  ]),
  ledgerDropped: gauge('plimsoll_ledger_dropped_items', 'Items a consumer will never see, by reason.', [
    'signal',
    'consumer',
    'reason',
  ]),
  ledgerHeld: gauge('plimsoll_ledger_held_items', 'Items accepted but not yet read by a consumer.', [
    'signal',
    'consumer',
  ]),
  ledgerResidual: gauge(
    'plimsoll_ledger_residual_items',
    'accepted - delivered - dropped - held: zero, or there is a bug.',
    ['signal', 'consumer'],
  ),
  // exporters
  exporterSentSpans: counter('otelcol_exporter_sent_spans_total', 'Spans a destination has taken.', [
    'exporter',
  ]),
  exporterSentPoints: counter(
    'otelcol_exporter_sent_metric_points_total',
    'Metric points and samples a destination has taken.',
    ['exporter'],
  ),
  exporterSentLogs: counter(
    'otelcol_exporter_sent_log_records_total',
    'Log records a destination has taken.',
    ['exporter'],
  ),
  exporterFailedSpans: counter(
    'otelcol_exporter_send_failed_spans_total',
    'Spans a destination will never take; they are in the dead letters.',
    ['exporter'],
  ),
  exporterFailedPoints: counter(
    'otelcol_exporter_send_failed_metric_points_total',
    'Metric points and samples a destination will never take; they are in the dead letters.',
    ['exporter'],
  ),
  exporterFailedLogs: counter(
    'otelcol_exporter_send_failed_log_records_total',
    'Log records a destination will never take; they are in the dead letters.',
    ['exporter'],
  ),
  exporterRetries: counter(
    'plimsoll_exporter_failed_batches_total',
    'Times a destination did not take a batch that is sent again.',
    ['exporter'],
  ),
  exporterSeconds: histogram(
    'plimsoll_exporter_batch_duration_seconds',
    'Time from handing a batch over to its answer.',
    LATENCY_SECONDS,
    ['exporter'],
  ),
  exporterHeldBytes: gauge(
    'plimsoll_exporter_held_bytes',
    'Bytes of the journal before an exporter, of all signals.',
    ['exporter'],
  ),
  exporterLagSeconds: gauge(
    'plimsoll_exporter_lag_seconds',
    'Age of the oldest record before an exporter; 0 when it has caught up.',
    ['exporter'],
  ),

  // stores
  storeBytes: gauge('plimsoll_store_bytes', 'Bytes of a store on disk.', ['store']),
  storeTailItems: gauge('plimsoll_store_tail_items', 'Items in memory, waiting for the next seal.', [
    'store',
  ]),
  storeResidentBytes: gauge(
    'plimsoll_store_resident_memory_bytes',
    'Resident memory of a store that is a process of its own.',
    ['store'],
  ),
  storeDroppedSamples: counter(
    'plimsoll_store_dropped_samples_total',
    'Samples a store would not keep, by reason.',
    ['store', 'reason'],
  ),
  storeDroppedExemplars: counter(
    'plimsoll_store_dropped_exemplars_total',
    'Exemplars a store would not keep, by reason.',
    ['store', 'reason'],
  ),
  // connectors
  graphEdges: counter(
    'otelcol_connector_servicegraph_total_edges_total',
    'Requests between services found in spans.',
  ),
  graphExpired: counter(
    'otelcol_connector_servicegraph_expired_edges_total',
    'Spans whose other end did not come in time, and that name no peer.',
  ),
  graphDropped: counter(
    'otelcol_connector_servicegraph_dropped_spans_total',
    'Spans there was no room for to wait for their other end.',
  ),
  graphWaiting: gauge(
    'plimsoll_connector_servicegraph_waiting_spans',
    'Spans that wait for their other end.',
  ),
  connectorOverflow: counter(
    'plimsoll_connector_overflow_items_total',
    'Spans or requests counted in the overflow series, because there were too many label sets.',
    ['connector'],
  ),
  derivedRefused: counter(
    'plimsoll_connector_refused_records_total',
    'Derived records the journal did not take; the next ones make up for them.',
  ),
  // alerting
  sloState: gauge('plimsoll_slo_state', '1 for the state an SLO is in.', ['slo_id', 'state']),
  sloObjective: gauge('slo:objective:ratio', 'Objective of an SLO.', [
    'sloth_id',
    'sloth_service',
    'sloth_slo',
  ]),
  sloBudgetRemaining: gauge(
    'slo:period_error_budget_remaining:ratio',
    'Error budget left in the period; negative when overspent.',
    ['sloth_id', 'sloth_service', 'sloth_slo'],
  ),
  sloBurnRate: gauge('slo:current_burn_rate:ratio', 'Burn rate over five minutes.', [
    'sloth_id',
    'sloth_service',
    'sloth_slo',
  ]),
  sloPeriodDays: gauge('slo:time_period:days', 'Length of the period of an SLO.', [
    'sloth_id',
    'sloth_service',
    'sloth_slo',
  ]),
  sloPolicyBurn: gauge('plimsoll_slo_burn_rate', 'Burn rate over the long window of a policy.', [
    'slo_id',
    'severity',
    'window',
  ]),
  sloPolicyFactor: gauge(
    'plimsoll_slo_burn_factor',
    'Burn rate above which a policy alerts, when its short window exceeds it too.',
    ['slo_id', 'severity', 'window'],
  ),
  sloEvents: gauge('plimsoll_slo_events', 'Events of the period so far: good or bad.', ['slo_id', 'result']),
  sloMeasured: gauge('plimsoll_slo_measured_ratio', 'Share of the period for which telemetry was there.', [
    'slo_id',
  ]),
  incidentsOpen: gauge('plimsoll_incidents_open', 'Incidents that have not ended.', [
    'severity',
    'acknowledged',
  ]),
  incidents: counter('plimsoll_incidents_total', 'Incidents begun since the start.', ['severity']),
  detectionSeconds: histogram(
    'plimsoll_detection_seconds',
    'Time from the first bad event of a burn to its alert.',
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
    ['severity'],
  ),
  evidenceParts: counter(
    'plimsoll_evidence_parts_total',
    'Times a store was asked for a part of the evidence of an incident: kept, tried in vain, or given up.',
    ['part', 'outcome'],
  ),
  alertingLagSeconds: gauge('plimsoll_alerting_lag_seconds', 'How far the SLO engine is behind the journal.'),
  alertingLateEvents: counter(
    'plimsoll_alerting_late_events_total',
    'Events outside the lateness horizon, counted at receipt.',
    ['direction'],
  ),
  alertingUnplacedSpans: counter(
    'plimsoll_alerting_unplaced_spans_total',
    'Spans that suspects are found without: more services or pairs of them than are kept.',
  ),
  alertingUncountedSamples: counter(
    'plimsoll_alerting_uncounted_samples_total',
    'Samples of SLOs on counters that have more series than are kept.',
  ),
  // queries
  queryRequests: counter(
    'plimsoll_prometheus_api_requests_total',
    "Requests to Prometheus' API answered, by handler and HTTP status.",
    ['handler', 'status'],
  ),
  querySeconds: histogram(
    'plimsoll_prometheus_api_latency_seconds',
    "Time to answer a request to Prometheus' API, waiting for its turn included.",
    LATENCY_SECONDS,
    ['handler'],
  ),
  deliveriesWaiting: gauge(
    'plimsoll_notifications_waiting',
    'Notifications in the outbox that are not delivered yet.',
  ),
  deliveryAttempts: counter(
    'plimsoll_notification_attempts_total',
    'Attempts to deliver a notification, by outcome.',
    ['receiver', 'outcome'],
  ),
  deliveriesPutOff: counter(
    'plimsoll_notifications_put_off_total',
    'Notifications put off to the next flush because the outbox was full.',
  ),
  alertingFailures: counter(
    'plimsoll_alerting_failures_total',
    'Steps of the alerting loop that failed and are tried again.',
    ['step'],
  ),
  deliverySeconds: histogram(
    'plimsoll_notification_latency_seconds',
    "Time from the state change to the receiver's 2xx.",
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    ['receiver'],
  ),
  // server
  liveListeners: gauge('plimsoll_live_listeners', 'Open streams of live events.'),
  liveRefusals: counter(
    'plimsoll_live_refused_total',
    'Streams of live events refused or closed: full, too many are open; slow, it did not read.',
    ['reason'],
  ),
  logTails: gauge('plimsoll_log_tails', 'Open streams of log records that arrive.'),
  logTailRefusals: counter(
    'plimsoll_log_tail_refused_total',
    'Streams of log records refused or closed: full, too many are open; slow, it did not read.',
    ['reason'],
  ),
  logTailSkipped: counter(
    'plimsoll_log_tail_skipped_records_total',
    'Log records not told in a stream because more arrived at once than are told.',
  ),
  // process
  threadRestarts: counter(
    'plimsoll_thread_restarts_total',
    'Threads and child processes that died and were started again.',
    ['thread'],
  ),
  residentBytes: gauge('plimsoll_process_resident_memory_bytes', 'Resident memory of a process of ours.', [
    'process',
  ]),
  processStart: gauge(
    'process_start_time_seconds',
    'Start of the main process, seconds since the Unix epoch.',
  ),
  buildInfo: gauge('plimsoll_build_info', 'Always 1; the version is a label.', ['version']),
} as const satisfies Record<string, MetricDefinition>;
