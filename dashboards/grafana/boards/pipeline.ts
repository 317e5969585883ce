/** The platform itself: what came in, what the journal holds, what each consumer made of it. */
import type { Board } from '#dashboards/grafana/build/board.ts';
import { consoleLink } from '#dashboards/grafana/build/links.ts';
import { COLORS, worseFrom } from '#dashboards/grafana/build/look.ts';
import { figure, lines, type PanelMaker } from '#dashboards/grafana/build/panels.ts';
import { now, range, type Target } from '#dashboards/grafana/build/queries.ts';

export function pipelineBoard(): Board {
  return {
    uid: 'plimsoll-pipeline',
    title: 'Plimsoll: collector and journal',
    description:
      'What receivers took and refused, what the journal holds for whom, what exporters send on, and what the stores cost.',
    page: 'pipeline',
    rows: [
      { title: 'Now', panels: figures() },
      { title: 'Receivers', panels: [...receivers(), ...sockets()] },
      { title: 'Journal', panels: journal() },
      { title: 'Consumers and stores', panels: consumers() },
      { title: 'Exporters', panels: [...exporters(), ...destinations()] },
      { title: 'Queries and processes', panels: processes() },
    ],
  };
}

function figures(): readonly PanelMaker[] {
  return [
    figure(
      {
        title: 'Unaccounted items',
        description: 'accepted − delivered − dropped − held, over all consumers: 0, or there is a bug.',
        unit: 'short',
      },
      [now('sum(abs(plimsoll_ledger_residual_items))', 'residual')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.burning }),
        links: [consoleLink('The ledger', 'pipeline')],
      },
    ),
    figure(
      {
        title: 'Items dropped',
        description: 'Items a consumer will never see, whatever the reason.',
        unit: 'short',
      },
      [now('sum(plimsoll_ledger_dropped_items) or vector(0)', 'dropped')],
      { thresholds: worseFrom({ value: 1, color: COLORS.ticket }) },
    ),
    figure(
      {
        title: 'Journal used',
        description: 'Bytes of segments as a share of what the journal may use.',
        unit: 'percentunit',
      },
      [now('max(plimsoll_journal_bytes) / max(plimsoll_journal_budget_bytes)', 'used')],
      {
        thresholds: worseFrom({ value: 0.8, color: COLORS.ticket }, { value: 0.95, color: COLORS.burning }),
        decimals: 1,
      },
    ),
    figure(
      {
        title: 'Failed syncs',
        description: 'Group commits the disk refused since the start; each fenced its segment.',
        unit: 'short',
      },
      [now('sum(plimsoll_journal_failed_syncs_total)', 'failed')],
      { thresholds: worseFrom({ value: 1, color: COLORS.burning }) },
    ),
    figure(
      { title: 'Judging behind by', description: 'How far the SLO engine is behind the journal.', unit: 's' },
      [now('max(plimsoll_alerting_lag_seconds)', 'behind')],
      { thresholds: worseFrom({ value: 2, color: COLORS.ticket }, { value: 10, color: COLORS.burning }) },
    ),
    figure(
      {
        title: 'Restarted parts',
        description: 'Threads and children that died and came back, since the start.',
        unit: 'short',
      },
      [now('sum(plimsoll_thread_restarts_total)', 'restarts')],
      { thresholds: worseFrom({ value: 1, color: COLORS.ticket }) },
    ),
  ];
}

function receivers(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Accepted',
        description: 'Items a second that are on disk and acknowledged, by receiver.',
        unit: 'cps',
      },
      [
        range(
          'sum by (receiver) (rate(otelcol_receiver_accepted_spans_total[$__rate_interval]))',
          'spans, {{receiver}}',
        ),
        range(
          'sum by (receiver) (rate(otelcol_receiver_accepted_log_records_total[$__rate_interval]))',
          'log records, {{receiver}}',
        ),
        range(
          'sum by (receiver) (rate(otelcol_receiver_accepted_metric_points_total[$__rate_interval]))',
          'points, {{receiver}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Refused requests',
        description: 'Requests refused a second, by error code: which limit or rule it was.',
        unit: 'reqps',
      },
      [
        range(
          'sum by (code) (rate(plimsoll_receiver_refused_requests_total[$__rate_interval])) or on () vector(0)',
          '{{code}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Time to an answer',
        description: 'From the first byte of a request to its answer, the sync to disk included.',
        unit: 's',
      },
      ['0.5', '0.99'].map((quantile) =>
        range(
          `histogram_quantile(${quantile}, sum by (le, receiver) (rate(plimsoll_receiver_request_duration_seconds_bucket[$__rate_interval])))`,
          `p${Number(quantile) * 100}, {{receiver}}`,
        ),
      ),
      { min: 0, width: 8 },
    ),
  ];
}

function sockets(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Scrapes',
        description: 'Scrapes of targets a minute, by outcome; ok is what they should be.',
        unit: 'short',
      },
      [range('sum by (outcome) (rate(plimsoll_scrapes_total[$__rate_interval])) * 60', '{{outcome}}')],
      { min: 0, width: 12, height: 6 },
    ),
    lines(
      {
        title: 'Bodies in flight',
        description: 'Bytes of bodies held for requests that are not answered yet.',
        unit: 'bytes',
      },
      [range('sum by (receiver) (plimsoll_receiver_in_flight_bytes)', '{{receiver}}')],
      { min: 0, width: 12, height: 6 },
    ),
  ];
}

function journal(): readonly PanelMaker[] {
  return [
    lines(
      { title: 'Journal on disk', description: 'Bytes of segments against the budget.', unit: 'bytes' },
      [range('max(plimsoll_journal_bytes)', 'used'), range('max(plimsoll_journal_budget_bytes)', 'budget')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Group commit',
        description: 'Time of one write and sync: what every sender waits at least.',
        unit: 's',
      },
      ['0.5', '0.99'].map((quantile) =>
        range(
          `histogram_quantile(${quantile}, sum by (le) (rate(plimsoll_journal_sync_duration_seconds_bucket[$__rate_interval])))`,
          `p${Number(quantile) * 100}`,
        ),
      ),
      { min: 0, width: 8 },
    ),
    lines(
      { title: 'Records', description: 'Records made durable a second.', unit: 'cps' },
      [range('sum(rate(plimsoll_journal_records_total[$__rate_interval]))', 'records')],
      { min: 0, width: 8 },
    ),
  ];
}

function consumers(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Not read yet',
        description: 'Bytes of the journal each consumer has still to read.',
        unit: 'bytes',
      },
      [range('max by (consumer) (plimsoll_journal_held_bytes)', '{{consumer}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Delivered',
        description: 'Items a second each consumer made its own.',
        unit: 'cps',
      },
      [range('sum by (consumer) (deriv(plimsoll_ledger_delivered_items[$__rate_interval]))', '{{consumer}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Unaccounted items',
        description:
          'accepted − delivered − dropped − held for each signal and consumer: 0, or there is a bug.',
        unit: 'short',
      },
      [range('sum by (consumer) (abs(plimsoll_ledger_residual_items))', '{{consumer}}')],
      { min: 0, width: 8 },
    ),
    lines(
      { title: 'Stores on disk', description: 'Bytes of each embedded store.', unit: 'bytes' },
      [range('max by (store) (plimsoll_store_bytes)', '{{store}}')],
      { min: 0, width: 8, height: 6 },
    ),
    lines(
      {
        title: 'Waiting to be sealed',
        description: 'Items in memory; a restart reads them again from the journal.',
        unit: 'short',
      },
      [range('max by (store) (plimsoll_store_tail_items)', '{{store}}')],
      { min: 0, width: 8, height: 6 },
    ),
    lines(
      {
        title: 'Edges waiting for their other end',
        description: 'Spans kept until the other side of the call arrives, and edges that expired a second.',
        unit: 'short',
      },
      [
        range('sum(plimsoll_connector_servicegraph_waiting_spans)', 'waiting'),
        range(
          'sum(rate(otelcol_connector_servicegraph_expired_edges_total[$__rate_interval]))',
          'expired a second',
        ),
      ],
      { min: 0, width: 8, height: 6 },
    ),
  ];
}

/** A signal in the names of the Collector, and as people call it. */
const EXPORTED = [
  ['spans', 'spans'],
  ['log_records', 'log records'],
  ['metric_points', 'metric points'],
] as const;

/** All of them are empty where nothing is sent on to other servers. */
function exporters(): readonly PanelMaker[] {
  return [
    lines(
      { title: 'Sent', description: 'Items a second each destination has taken.', unit: 'cps' },
      exported('sent'),
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Waiting for a destination',
        description: 'Bytes of the journal before each exporter; they wait there while it is away.',
        unit: 'bytes',
      },
      [range('max by (exporter) (plimsoll_exporter_held_bytes)', '{{exporter}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Destinations behind by',
        description: 'Age of the oldest record before each exporter; 0 when it has caught up.',
        unit: 's',
      },
      [range('max by (exporter) (plimsoll_exporter_lag_seconds)', '{{exporter}}')],
      { min: 0, width: 8 },
    ),
  ];
}

function destinations(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Time of a batch',
        description: 'From handing a batch over to the answer of the destination: half and 99 % were faster.',
        unit: 's',
      },
      ['0.5', '0.99'].map((quantile) =>
        range(
          `histogram_quantile(${quantile}, sum by (le, exporter) (rate(plimsoll_exporter_batch_duration_seconds_bucket[$__rate_interval])))`,
          `{{exporter}}: p${Number(quantile) * 100}`,
        ),
      ),
      { min: 0, width: 8, height: 6 },
    ),
    lines(
      {
        title: 'Batches sent again',
        description: 'Times a minute a destination did not take a batch: away, overloaded or asking to wait.',
        unit: 'short',
      },
      [
        range(
          'sum by (exporter) (rate(plimsoll_exporter_failed_batches_total[$__rate_interval])) * 60',
          '{{exporter}}',
        ),
      ],
      { min: 0, width: 8, height: 6 },
    ),
    lines(
      {
        title: 'Refused for good',
        description: 'Items a second a destination will never take; they are in the dead letters.',
        unit: 'cps',
      },
      exported('send_failed'),
      { min: 0, width: 8, height: 6 },
    ),
  ];
}

function exported(what: 'sent' | 'send_failed'): readonly Target[] {
  return EXPORTED.map(([signal, words]) =>
    range(
      `sum by (exporter) (rate(otelcol_exporter_${what}_${signal}_total[$__rate_interval]))`,
      `{{exporter}}: ${words}`,
    ),
  );
}

function processes(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Memory',
        description: 'Resident memory of the main process and of stores that are processes.',
        unit: 'bytes',
      },
      [
        range('max by (process) (plimsoll_process_resident_memory_bytes)', '{{process}}'),
        range('max by (store) (plimsoll_store_resident_memory_bytes)', '{{store}}'),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Queries',
        description: 'Requests to the Prometheus API answered a second, by handler.',
        unit: 'reqps',
      },
      [
        range(
          'sum by (handler) (rate(plimsoll_prometheus_api_requests_total[$__rate_interval]))',
          '{{handler}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Time of a query',
        description: '95th percentile, waiting for its turn included, by handler.',
        unit: 's',
      },
      [
        range(
          'histogram_quantile(0.95, sum by (le, handler) (rate(plimsoll_prometheus_api_latency_seconds_bucket[$__rate_interval])))',
          '{{handler}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
  ];
}
