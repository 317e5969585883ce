/** From the first bad event to a receiver that has taken the page. */
import type { Board } from '#dashboards/grafana/build/board.ts';
import { consoleLink } from '#dashboards/grafana/build/links.ts';
import { COLORS, worseFrom } from '#dashboards/grafana/build/look.ts';
import { alertGroups, figure, lines, type PanelMaker } from '#dashboards/grafana/build/panels.ts';
import { now, range } from '#dashboards/grafana/build/queries.ts';

export function deliveryBoard(): Board {
  return {
    uid: 'plimsoll-delivery',
    title: 'Plimsoll: alert delivery',
    description: 'How soon a burn becomes an alert, and an alert a page that somebody’s receiver has taken.',
    page: 'incidents',
    marks: '',
    rows: [
      { title: 'Now', panels: figures() },
      { title: 'Detection', panels: detection() },
      { title: 'Notifications', panels: notifications() },
    ],
  };
}

function figures(): readonly PanelMaker[] {
  const open = [consoleLink('Incidents', 'incidents')];
  return [
    figure(
      {
        title: 'Open, nobody on it',
        description: 'Incidents that have not ended and nobody has acknowledged.',
        unit: 'short',
      },
      [now('sum(plimsoll_incidents_open{acknowledged="no"})', 'open')],
      { thresholds: worseFrom({ value: 1, color: COLORS.burning }), links: open },
    ),
    figure(
      { title: 'Open, taken up', description: 'Incidents that somebody has acknowledged.', unit: 'short' },
      [now('sum(plimsoll_incidents_open{acknowledged="yes"})', 'taken up')],
      { links: open },
    ),
    figure(
      {
        title: 'Waiting to be sent',
        description: 'Notifications in the outbox that no receiver has taken yet.',
        unit: 'short',
      },
      [now('sum(plimsoll_notifications_waiting)', 'waiting')],
      { thresholds: worseFrom({ value: 1, color: COLORS.ticket }, { value: 10, color: COLORS.burning }) },
    ),
    figure(
      {
        title: 'Put off',
        description: 'Notifications put off because the outbox was full, since the start.',
        unit: 'short',
      },
      [now('sum(plimsoll_notifications_put_off_total)', 'put off')],
      { thresholds: worseFrom({ value: 1, color: COLORS.burning }) },
    ),
    figure(
      {
        title: 'Failed attempts',
        description: 'Attempts in the range shown that were not taken: retried, or refused for good.',
        unit: 'short',
      },
      [
        now(
          'sum by (outcome) (increase(plimsoll_notification_attempts_total{outcome!="delivered"}[$__range]))',
          '{{outcome}}',
        ),
      ],
      { thresholds: worseFrom({ value: 1, color: COLORS.ticket }), decimals: 0 },
    ),
    figure(
      {
        title: 'Judging behind by',
        description: 'How far the SLO engine is behind the journal; it does not judge while it catches up.',
        unit: 's',
      },
      [now('max(plimsoll_alerting_lag_seconds)', 'behind')],
      { thresholds: worseFrom({ value: 2, color: COLORS.ticket }, { value: 10, color: COLORS.burning }) },
    ),
  ];
}

function detection(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Incidents',
        description: 'Incidents that began since the start, by severity.',
        unit: 'short',
      },
      [range('sum by (severity) (plimsoll_incidents_total)', '{{severity}}')],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Time to detect',
        description:
          'From the first bad event of a burn to its alert, in the range shown: half and 90 % were faster.',
        unit: 's',
      },
      ['0.5', '0.9'].map((quantile) =>
        range(
          `histogram_quantile(${quantile}, sum by (le) (increase(plimsoll_detection_seconds_bucket[$__range])))`,
          `p${Number(quantile) * 100}`,
        ),
      ),
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Late events',
        description:
          'Events outside the lateness horizon a second, counted at receipt: a clock that is wrong, or a long queue.',
        unit: 'cps',
      },
      [
        range(
          'sum by (direction) (rate(plimsoll_alerting_late_events_total[$__rate_interval]))',
          '{{direction}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
  ];
}

function notifications(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Attempts a minute',
        description: 'Attempts to deliver, by receiver and outcome.',
        unit: 'short',
      },
      [
        range(
          'sum by (receiver, outcome) (rate(plimsoll_notification_attempts_total[$__rate_interval])) * 60',
          '{{receiver}}: {{outcome}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Time to delivery',
        description:
          'From the state change to the 2xx of the receiver, in the range shown: half and 99 % were faster.',
        unit: 's',
      },
      ['0.5', '0.99'].map((quantile) =>
        range(
          `histogram_quantile(${quantile}, sum by (le, receiver) (increase(plimsoll_notification_latency_seconds_bucket[$__range])))`,
          `p${Number(quantile) * 100}, {{receiver}}`,
        ),
      ),
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Failures of alerting itself',
        description: 'Steps of the alerting loop a minute that failed and are tried again.',
        unit: 'short',
      },
      [
        range(
          'sum by (step) (rate(plimsoll_alerting_failures_total[$__rate_interval]) * 60) or on () vector(0)',
          '{{step}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    alertGroups(
      {
        title: 'Alert groups',
        description: 'What fires, in the groups that are told together.',
        unit: 'short',
      },
      { width: 24 },
    ),
  ];
}
