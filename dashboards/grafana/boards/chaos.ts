/** Faults beside what customers saw and what the SLOs made of it. */
import type { Board } from '#dashboards/grafana/build/board.ts';
import { consoleLink } from '#dashboards/grafana/build/links.ts';
import { COLORS, onOff, STATE_MAPPING, stateExpr, worseFrom } from '#dashboards/grafana/build/look.ts';
import { figure, lines, strips, type PanelMaker } from '#dashboards/grafana/build/panels.ts';
import { now, range } from '#dashboards/grafana/build/queries.ts';

export function chaosBoard(): Board {
  return {
    uid: 'plimsoll-chaos',
    title: 'Plimsoll: chaos and proof',
    description:
      'Faults on one time axis with what customers saw and with the states of the SLOs: was it seen, how fast, and was it blamed rightly?',
    page: 'proof',
    marks: '',
    rows: [
      { title: 'Now', panels: figures() },
      { title: 'One time axis', panels: axis() },
      { title: 'Inside the proxies', panels: proxies() },
    ],
  };
}

function figures(): readonly PanelMaker[] {
  return [
    figure(
      {
        title: 'Faults on',
        description: 'Faults that are on right now; each is a lease and ends by itself.',
        unit: 'short',
      },
      [now('sum(chaos_faults)', 'on')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.ticket }),
        links: [consoleLink('Faults and proofs', 'proof')],
      },
    ),
    figure({ title: 'Faults begun', description: 'Since the fault daemon started.', unit: 'short' }, [
      now('sum(chaos_faults_begun_total)', 'begun'),
    ]),
    figure(
      { title: 'New faults', description: 'Whether new faults may begin.', unit: 'short' },
      [now('max(chaos_faults_blocked)', 'blocked')],
      { mappings: [onOff('blocked', 'allowed')] },
    ),
    figure(
      {
        title: 'Incidents',
        description: 'Incidents that began in the range shown, by severity.',
        unit: 'short',
      },
      [now('sum by (severity) (increase(plimsoll_incidents_total[$__range]))', '{{severity}}')],
      { decimals: 0, links: [consoleLink('Incidents', 'incidents')] },
    ),
    figure(
      {
        title: 'Time to detect',
        description: 'Median from the first bad event of a burn to its alert, in the range shown.',
        unit: 's',
      },
      [
        now(
          'histogram_quantile(0.5, sum by (le) (increase(plimsoll_detection_seconds_bucket[$__range])))',
          'median',
        ),
      ],
      { decimals: 1 },
    ),
    figure(
      {
        title: 'Customers failed',
        description: 'Share of requests in the range shown that customers saw fail.',
        unit: 'percentunit',
      },
      [
        now(
          'sum(increase(freight_customer_requests_total{result="error"}[$__range])) / sum(increase(freight_customer_requests_total[$__range]))',
          'failed',
        ),
      ],
      { decimals: 2 },
    ),
  ];
}

function axis(): readonly PanelMaker[] {
  return [
    strips(
      {
        title: 'Faults',
        description: 'Which fault struck whom, and when; – while none is on.',
        unit: 'short',
      },
      [range('max by (fault, target) (chaos_fault_on) or on () vector(0)', '{{fault}} on {{target}}')],
      { mappings: [onOff('on', '–')], height: 6 },
    ),
    lines(
      {
        title: 'What customers saw',
        description: 'Share of requests without an answer or with a server error, by step.',
        unit: 'percentunit',
      },
      [
        range(
          'sum by (step) (rate(freight_customer_requests_total{result="error"}[$__rate_interval]))' +
            ' / sum by (step) (rate(freight_customer_requests_total[$__rate_interval]))',
          '{{step}}',
        ),
      ],
      { min: 0, width: 24, height: 7 },
    ),
    strips(
      { title: 'What the SLOs said', description: 'The state each SLO was in.', unit: 'short' },
      [range(stateExpr(), '{{slo_id}}')],
      { mappings: [STATE_MAPPING], height: 9 },
    ),
  ];
}

function proxies(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Traffic',
        description: 'Bytes a second that the proxy before each program let through, both ways.',
        unit: 'Bps',
      },
      [range('sum by (proxy) (rate(toxiproxy_proxy_sent_bytes_total[$__rate_interval]))', '{{proxy}}')],
      { min: 0, width: 8 },
    ),
    lines(
      { title: 'Connections', description: 'Open connections through each proxy.', unit: 'short' },
      [range('max by (proxy) (chaos_proxy_connections)', '{{proxy}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Requests faults acted on',
        description: 'Requests a second that an HTTP fault delayed, failed or aborted.',
        unit: 'reqps',
      },
      [range('sum by (effect) (rate(chaos_proxy_http_faults_total[$__rate_interval]))', '{{effect}}')],
      { min: 0, width: 8 },
    ),
  ];
}
