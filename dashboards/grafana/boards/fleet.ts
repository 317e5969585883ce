/** Every SLO at a glance: what burns, what is left, how fast it goes. */
import { type Board } from '#dashboards/grafana/build/board.ts';
import { boardLink, consoleLink } from '#dashboards/grafana/build/links.ts';
import {
  betterFrom,
  byThreshold,
  COLORS,
  STATE_MAPPING,
  stateExpr,
  worseFrom,
} from '#dashboards/grafana/build/look.ts';
import {
  alertGroups,
  figure,
  lines,
  strips,
  table,
  type PanelMaker,
} from '#dashboards/grafana/build/panels.ts';
import { now, range, rows } from '#dashboards/grafana/build/queries.ts';
import type { SloFacts } from '#dashboards/grafana/slos.ts';

/** Sloth's series carry its labels; ours one. In a table the rows must meet. */
const WITH_ID = (expr: string): string => `label_replace(${expr}, "slo_id", "$1", "sloth_id", "(.+)")`;

export function fleetBoard(slos: readonly SloFacts[]): Board {
  return {
    uid: 'plimsoll-fleet',
    title: 'Plimsoll: fleet of SLOs',
    description: 'Every SLO with its state, what is left of its error budget, and how fast it is used up.',
    page: 'slos',
    marks: '',
    rows: [
      { title: 'Now', panels: [...figures(), firing()] },
      { title: 'Every SLO', panels: [sloTable(slos)] },
      { title: 'Over time', panels: overTime() },
    ],
  };
}

function figures(): readonly PanelMaker[] {
  return [
    figure(
      { title: 'SLOs burning', description: 'SLOs for which a page or ticket policy holds.', unit: 'short' },
      [now('sum(plimsoll_slo_state{state="burning"})', 'burning')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.burning }),
        links: [consoleLink('What burns', 'now')],
      },
    ),
    figure(
      {
        title: 'SLOs blind',
        description: 'SLOs whose telemetry used to come and has stopped.',
        unit: 'short',
      },
      [now('sum(plimsoll_slo_state{state="blind"})', 'blind')],
      { thresholds: worseFrom({ value: 1, color: COLORS.blind }) },
    ),
    figure(
      {
        title: 'Open incidents',
        description: 'Incidents that have not ended, acknowledged or not, by severity.',
        unit: 'short',
      },
      [now('sum by (severity) (plimsoll_incidents_open)', '{{severity}}')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.burning }),
        links: [consoleLink('Incidents', 'incidents')],
      },
    ),
    figure(
      {
        title: 'Least budget left',
        description: 'Of the SLO that has the least of its error budget left; negative when overspent.',
        unit: 'percentunit',
      },
      [now('min(slo:period_error_budget_remaining:ratio)', 'least')],
      {
        thresholds: betterFrom({ value: 0, color: COLORS.ticket }, { value: 0.25, color: COLORS.ok }),
        decimals: 1,
      },
    ),
    figure(
      {
        title: 'Highest burn rate',
        description: 'Over five minutes, of all SLOs. At 1 a budget lasts exactly its period.',
        unit: 'suffix:×',
      },
      [now('max(slo:current_burn_rate:ratio)', 'highest')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.ticket }, { value: 14.4, color: COLORS.burning }),
        decimals: 1,
      },
    ),
    figure(
      { title: 'SLOs judged', description: 'SLOs that the engine has read and judges.', unit: 'short' },
      [now('count(slo:objective:ratio)', 'SLOs')],
    ),
  ];
}

function firing(): PanelMaker {
  return alertGroups(
    {
      title: 'Firing alerts',
      description: 'Alerts in the groups in which they are told, as Alertmanager has them.',
      unit: 'short',
    },
    { width: 24, height: 6 },
  );
}

/** The columns of the table, in the order of its queries. */
const COLUMNS = [
  { name: 'State', unit: 'short', expr: stateExpr() },
  { name: 'Objective', unit: 'percentunit', expr: WITH_ID('max by (sloth_id) (slo:objective:ratio)') },
  {
    name: 'Budget left',
    unit: 'percentunit',
    expr: WITH_ID('max by (sloth_id) (slo:period_error_budget_remaining:ratio)'),
  },
  { name: 'Burn 5 min', unit: 'suffix:×', expr: WITH_ID('max by (sloth_id) (slo:current_burn_rate:ratio)') },
  {
    name: 'Nearest page',
    unit: 'percentunit',
    expr: 'max by (slo_id) (plimsoll_slo_burn_rate{severity="page"} / plimsoll_slo_burn_factor)',
  },
  { name: 'Measured', unit: 'percentunit', expr: 'max by (slo_id) (plimsoll_slo_measured_ratio)' },
] as const;

function sloTable(slos: readonly SloFacts[]): PanelMaker {
  const letter = (index: number): string => String.fromCharCode(65 + index);
  const panel = table(
    {
      title: 'Every SLO',
      description:
        'State, budget and burn of each SLO. Nearest page: the long-window burn as a share of the factor that pages, 100 % is the line.',
      unit: 'short',
    },
    COLUMNS.map(({ expr }) => rows(expr)),
    {
      height: 10,
      decimals: 2,
      dataLinks: [
        boardLink('Its board', 'plimsoll-slo', 'var-slo=${__data.fields.SLO}'),
        consoleLink('In the console', 'slos', '/${__data.fields.SLO}'),
      ],
      links: [consoleLink('SLOs', 'slos')],
    },
  )
    .withTransformation({ id: 'joinByField', options: { byField: 'slo_id', mode: 'outer' } })
    .withTransformation({
      id: 'organize',
      options: {
        includeByName: Object.fromEntries(
          ['slo_id', ...COLUMNS.map((_, index) => `Value #${letter(index)}`)].map((name) => [name, true]),
        ),
        renameByName: {
          slo_id: 'SLO',
          ...Object.fromEntries(COLUMNS.map(({ name }, index) => [`Value #${letter(index)}`, name])),
        },
      },
    });
  for (const { name, unit } of COLUMNS) panel.overrideByName(name, [{ id: 'unit', value: unit }]);
  panel.overrideByName('State', [
    { id: 'mappings', value: [STATE_MAPPING] },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ]);
  panel.overrideByName('Budget left', [
    {
      id: 'thresholds',
      value: betterFrom({ value: 0, color: COLORS.ticket }, { value: 0.25, color: COLORS.ok }).build(),
    },
    { id: 'color', value: byThreshold().build() },
    { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
  ]);
  // Hovering an id says what it means.
  panel.overrideByName('SLO', [
    { id: 'description', value: slos.map(({ id, displayName }) => `${id}: ${displayName}`).join('; ') },
    { id: 'custom.width', value: 260 },
  ]);
  return panel;
}

function overTime(): readonly PanelMaker[] {
  return [
    strips(
      { title: 'States', description: 'The state each SLO was in.', unit: 'short' },
      [range(stateExpr(), '{{slo_id}}')],
      { mappings: [STATE_MAPPING], height: 9 },
    ),
    lines(
      {
        title: 'Error budget left',
        description: 'Share of the period’s error budget that is left; below the line at 0 it is overspent.',
        unit: 'percentunit',
      },
      [range('max by (sloth_id) (slo:period_error_budget_remaining:ratio)', '{{sloth_id}}')],
      { thresholds: worseFrom({ value: 0, color: COLORS.burning }), max: 1 },
    ),
    lines(
      {
        title: 'Burn rate over five minutes',
        description: 'How many times faster than sustainable the budget is used up. 1 lasts the period.',
        unit: 'suffix:×',
      },
      [range('max by (sloth_id) (slo:current_burn_rate:ratio)', '{{sloth_id}}')],
      {
        thresholds: worseFrom({ value: 1, color: COLORS.ticket }, { value: 14.4, color: COLORS.burning }),
        min: 0,
      },
    ),
  ];
}
