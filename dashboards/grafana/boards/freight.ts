/** The freight company as its own people would watch it: bookings, deliveries, invoices, and what customers felt. */
import type { Board } from '#dashboards/grafana/build/board.ts';
import { boardLink, consoleLink } from '#dashboards/grafana/build/links.ts';
import { COLORS, worseFrom } from '#dashboards/grafana/build/look.ts';
import { figure, lines, type PanelMaker } from '#dashboards/grafana/build/panels.ts';
import { now, range } from '#dashboards/grafana/build/queries.ts';

export function freightBoard(): Board {
  return {
    uid: 'plimsoll-freight',
    title: 'Plimsoll: the freight business',
    description:
      'Quotes, bookings, tenders, deliveries and invoices of the sample company, and what its customers saw.',
    page: 'now',
    marks: '',
    rows: [
      { title: 'Now', panels: figures() },
      { title: 'Customers', panels: customers() },
      { title: 'From quote to carrier', panels: booking() },
      { title: 'From the road to the invoice', panels: delivery() },
      { title: 'Events and calls between services', panels: plumbing() },
    ],
  };
}

function perMinute(selector: string, by = ''): string {
  return `sum${by === '' ? '' : ` by (${by})`}(rate(${selector}[$__rate_interval])) * 60`;
}

function figures(): readonly PanelMaker[] {
  return [
    figure(
      { title: 'Bookings', description: 'Shipments booked in the range shown.', unit: 'short' },
      [now('sum(increase(freight_shipments_total{state="booked"}[$__range]))', 'booked')],
      { decimals: 0 },
    ),
    figure(
      { title: 'Deliveries', description: 'Shipments delivered in the range shown.', unit: 'short' },
      [now('sum(increase(freight_milestones_total{milestone="delivered"}[$__range]))', 'delivered')],
      { decimals: 0 },
    ),
    figure(
      {
        title: 'Invoiced',
        description: 'Money of the invoices written in the range shown, in whole units of the currency.',
        unit: 'short',
      },
      [now('sum(increase(freight_invoiced_cents_total[$__range])) / 100', 'invoiced')],
      { decimals: 0 },
    ),
    figure({ title: 'In motion', description: 'Shipments on the road right now.', unit: 'short' }, [
      now('sum(freight_trips)', 'in motion'),
    ]),
    figure(
      {
        title: 'Waiting for an invoice',
        description: 'Deliveries without an invoice yet; it must come back to 0.',
        unit: 'short',
      },
      [now('sum(freight_invoices_pending)', 'pending')],
      { thresholds: worseFrom({ value: 20, color: COLORS.ticket }) },
    ),
    figure(
      {
        title: 'Stale positions',
        description: 'Share of checks of shipments on the road that found no position of the last 30 s.',
        unit: 'percentunit',
      },
      [
        now(
          '(sum(rate(freight_position_checks_total{result="stale"}[$__rate_interval])) or vector(0))' +
            ' / sum(rate(freight_position_checks_total[$__rate_interval]))',
          'stale',
        ),
      ],
      { thresholds: worseFrom({ value: 0.01, color: COLORS.burning }), decimals: 2 },
    ),
  ];
}

function customers(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Requests',
        description: 'What customers asked for, by step of their journey.',
        unit: 'reqps',
      },
      [range('sum by (step) (rate(freight_customer_requests_total[$__rate_interval]))', '{{step}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Requests that failed',
        description:
          'Share without an answer or with a server error, as customers saw it; no service of ours is asked.',
        unit: 'percentunit',
      },
      [
        range(
          'sum(rate(freight_customer_requests_total{result="error"}[$__rate_interval]))' +
            ' / sum(rate(freight_customer_requests_total[$__rate_interval]))',
          'failed',
        ),
      ],
      { min: 0, width: 8, links: [boardLink('Against the SLOs', 'plimsoll-chaos')] },
    ),
    lines(
      {
        title: 'What customers waited',
        description: 'In the last minute, from the moment they meant to ask.',
        unit: 's',
      },
      [range('max by (quantile) (freight_customer_latency_seconds)', '{{quantile}}')],
      { min: 0, width: 8 },
    ),
  ];
}

function booking(): readonly PanelMaker[] {
  return [
    lines(
      { title: 'Quotes a minute', description: 'Quotes made, by equipment.', unit: 'short' },
      [range(perMinute('freight_quotes_total', 'equipment'), '{{equipment}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Lane rates from the cache',
        description: 'Share of lane rates that did not have to be worked out.',
        unit: 'percentunit',
      },
      [
        range(
          'sum(rate(freight_lane_lookups_total{result="hit"}[$__rate_interval])) / sum(rate(freight_lane_lookups_total[$__rate_interval]))',
          'from the cache',
        ),
      ],
      { min: 0, max: 1, width: 8 },
    ),
    lines(
      {
        title: 'Offers a minute',
        description: 'Loads offered to carriers, by how they answered.',
        unit: 'short',
      },
      [range(perMinute('freight_tender_offers_total', 'decision'), '{{decision}}')],
      { min: 0, width: 8, links: [boardLink('Dispatch', 'plimsoll-service', 'var-service=dispatch')] },
    ),
    lines(
      {
        title: 'Loads taken, by carrier',
        description: 'Share of offers that each carrier accepted.',
        unit: 'percentunit',
      },
      [
        range(
          'sum by (carrier) (rate(freight_tender_offers_total{decision="accept"}[$__rate_interval]))' +
            ' / sum by (carrier) (rate(freight_tender_offers_total[$__rate_interval]))',
          '{{carrier}}',
        ),
      ],
      { min: 0, max: 1, width: 12 },
    ),
    lines(
      {
        title: 'Shipments a minute, by state',
        description: 'Shipments by each state they came into.',
        unit: 'short',
      },
      [range(perMinute('freight_shipments_total', 'state'), '{{state}}')],
      { min: 0, width: 12, links: [boardLink('Shipments', 'plimsoll-service', 'var-service=shipments')] },
    ),
  ];
}

function delivery(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Milestones a minute',
        description: 'What tracking was told of shipments on the road.',
        unit: 'short',
      },
      [range(perMinute('freight_milestones_total', 'milestone'), '{{milestone}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Invoices a minute',
        description: 'Invoices written, and the deliveries that still wait for theirs.',
        unit: 'short',
      },
      [
        range(perMinute('freight_invoices_total'), 'written a minute'),
        range('sum(freight_invoices_pending)', 'waiting'),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Books that do not agree',
        description: 'Share of checks in which deliveries were not invoices plus pending ones, to the cent.',
        unit: 'percentunit',
      },
      [
        range(
          '(sum(rate(freight_reconciliation_checks_total{result="violated"}[$__rate_interval])) or vector(0))' +
            ' / sum(rate(freight_reconciliation_checks_total[$__rate_interval]))',
          'violated',
        ),
      ],
      { min: 0, width: 8, links: [consoleLink('Its SLO', 'slos', '/billing/consistency')] },
    ),
  ];
}

function plumbing(): readonly PanelMaker[] {
  return [
    lines(
      { title: 'Behind on the bus', description: 'Records each group has still to read.', unit: 'short' },
      [range('max by (topic, group) (freight_broker_lag_records)', '{{group}} of {{topic}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Waiting to be published',
        description: 'Events in the outbox of each service.',
        unit: 'short',
      },
      [range('max by (job, topic) (freight_outbox_records)', '{{job}} to {{topic}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Calls given up at once',
        description: '1 while a service refuses to call another because it could not be reached.',
        unit: 'short',
      },
      [range('max by (job, peer) (freight_peer_circuit_open)', '{{job}} to {{peer}}')],
      { min: 0, max: 1, width: 8 },
    ),
  ];
}
