/** One SLO: its budget, each policy against its factor, and what failed. */
import { VariableHide } from '@grafana/grafana-foundation-sdk/dashboard';
import { labelVariable, type Board } from '#dashboards/grafana/build/board.ts';
import { boardLink, consoleLink } from '#dashboards/grafana/build/links.ts';
import {
  betterFrom,
  COLORS,
  fromOn,
  STATE_MAPPING,
  stateExpr,
  worseFrom,
} from '#dashboards/grafana/build/look.ts';
import {
  bars,
  figure,
  lines,
  logList,
  strips,
  traceList,
  type PanelMaker,
} from '#dashboards/grafana/build/panels.ts';
import {
  logLines,
  now,
  ofService,
  range,
  rangeWithExemplars,
  traces,
} from '#dashboards/grafana/build/queries.ts';
import type { SloFacts } from '#dashboards/grafana/slos.ts';

const SLOTH = 'sloth_id="$slo"';
const OURS = 'slo_id="$slo"';
const SERVED = 'service_name="$service",span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
/** Beyond it nobody plans; and a division by no burn at all ends here. */
const EXHAUSTION_SECONDS_MAX = 365 * 86_400;

export function sloBoard(slos: readonly SloFacts[]): Board {
  const [first] = slos;
  const slo = labelVariable('slo', 'SLO', 'label_values(slo:objective:ratio, sloth_id)');
  if (first !== undefined) slo.current({ text: first.id, value: first.id, selected: true });
  return {
    uid: 'plimsoll-slo',
    title: 'Plimsoll: one SLO',
    description:
      'An SLO in detail: budget over time, burn of each policy against its factor, failing traces and logs.',
    page: 'slos',
    marks: `${OURS},`,
    variables: [
      slo,
      labelVariable(
        'service',
        'Service',
        'label_values(slo:objective:ratio{sloth_id="$slo"}, sloth_service)',
        VariableHide.HideVariable,
      ),
    ],
    rows: [
      { title: 'Now', panels: figures() },
      { title: 'Budget and burn', panels: budget(factorsOf(slos)) },
      { title: 'What failed', panels: failures() },
    ],
  };
}

/** Burn factors that the SLOs of the files page at, the highest last. */
function factorsOf(slos: readonly SloFacts[]): readonly number[] {
  const factors = slos.flatMap(({ policies }) =>
    policies.filter(({ severity }) => severity === 'page').map(({ factor }) => factor),
  );
  return [...new Set(factors)].toSorted((left, right) => left - right);
}

function figures(): readonly PanelMaker[] {
  const toIt = [consoleLink('In the console', 'slos', '/${slo}')];
  return [
    figure(
      {
        title: 'State',
        description: 'ok, idle (no events), blind (telemetry lost), catching up, or burning.',
        unit: 'short',
      },
      [now(stateExpr(`${OURS},`), '{{slo_id}}')],
      { mappings: [STATE_MAPPING], links: toIt },
    ),
    figure(
      {
        title: 'Budget left',
        description: 'Share of the error budget of the period that is left.',
        unit: 'percentunit',
      },
      [now(`max(slo:period_error_budget_remaining:ratio{${SLOTH}})`, 'left')],
      {
        thresholds: betterFrom({ value: 0, color: COLORS.ticket }, { value: 0.25, color: COLORS.ok }),
        decimals: 1,
        links: toIt,
      },
    ),
    figure(
      {
        title: 'Gone in',
        description:
          'Time until the budget is used up at the burn of the last five minutes; negative when it is overspent.',
        unit: 's',
      },
      [
        now(
          `clamp_max(max(slo:period_error_budget_remaining:ratio{${SLOTH}}) * max(slo:time_period:days{${SLOTH}}) * 86400` +
            ` / max(slo:current_burn_rate:ratio{${SLOTH}}), ${EXHAUSTION_SECONDS_MAX})`,
          'gone in',
        ),
      ],
      { mappings: [fromOn(EXHAUSTION_SECONDS_MAX, 'not at this rate')], decimals: 1 },
    ),
    figure(
      { title: 'Objective', description: 'Share of events that must be good.', unit: 'percentunit' },
      [now(`max(slo:objective:ratio{${SLOTH}})`, 'objective')],
      { decimals: 2 },
    ),
    figure(
      { title: 'Events of the period', description: 'Events counted so far, good and bad.', unit: 'short' },
      [now(`max by (result) (plimsoll_slo_events{${OURS}})`, '{{result}}')],
    ),
    figure(
      {
        title: 'Measured',
        description: 'Share of the period for which telemetry was there.',
        unit: 'percentunit',
      },
      [now(`max(plimsoll_slo_measured_ratio{${OURS}})`, 'measured')],
      { decimals: 2 },
    ),
  ];
}

function budget(pageFactors: readonly number[]): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Error budget left',
        description: 'What is left of the budget of the period; below the line at 0 it is overspent.',
        unit: 'percentunit',
      },
      [range(`max(slo:period_error_budget_remaining:ratio{${SLOTH}})`, 'left')],
      {
        thresholds: worseFrom({ value: 0, color: COLORS.burning }),
        max: 1,
        links: [consoleLink('Budget in the console', 'slos', '/${slo}')],
      },
    ),
    bars(
      {
        title: 'Burn against its factor',
        description:
          'Burn over the long window of each policy as a share of the factor above which it alerts: 100 % is the line.',
        unit: 'percentunit',
      },
      [
        now(
          `max by (severity, window) (plimsoll_slo_burn_rate{${OURS}} / plimsoll_slo_burn_factor)`,
          '{{severity}} {{window}}',
        ),
      ],
      {
        thresholds: worseFrom({ value: 0.5, color: COLORS.ticket }, { value: 1, color: COLORS.burning }),
        min: 0,
        max: 1.5,
      },
    ),
    lines(
      {
        title: 'Burn rate by window',
        description: 'Over the long window of each policy; the dashed lines are the factors that page.',
        unit: 'suffix:×',
      },
      [range(`max by (severity, window) (plimsoll_slo_burn_rate{${OURS}})`, '{{severity}} {{window}}')],
      { thresholds: worseFrom(...pageFactors.map((value) => ({ value, color: COLORS.burning }))), min: 0 },
    ),
    strips(
      { title: 'State', description: 'The state the SLO was in.', unit: 'short' },
      [range(stateExpr(`${OURS},`), '{{slo_id}}')],
      { mappings: [STATE_MAPPING], width: 12 },
    ),
  ];
}

function failures(): readonly PanelMaker[] {
  const toService = [boardLink('The service', 'plimsoll-service', 'var-service=${service}')];
  return [
    lines(
      {
        title: 'Requests and failures of the service',
        description: 'Server and consumer spans of the service a second, by the status they ended in.',
        unit: 'reqps',
      },
      [
        range(
          `sum by (status_code) (rate(traces_span_metrics_calls_total{${SERVED}}[$__rate_interval]))`,
          '{{status_code}}',
        ),
      ],
      { min: 0, links: toService },
    ),
    lines(
      {
        title: 'Duration, 99th percentile',
        description:
          'Of server and consumer spans of the service; each point of an exemplar leads to its trace.',
        unit: 'ms',
      },
      [
        rangeWithExemplars(
          `histogram_quantile(0.99, sum by (le) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVED}}[$__rate_interval])))`,
          'p99',
        ),
      ],
      { min: 0, links: toService },
    ),
    traceList(
      {
        title: 'Failing traces',
        description: 'Traces of the service with an error in one of its spans.',
        unit: 'short',
      },
      [traces({ service: '$service', tags: 'error=true', limit: 20 })],
      { links: [consoleLink('Search in the console', 'traces', '?service=${service}&errors=1')] },
    ),
    logList(
      { title: 'Log lines', description: 'What the service wrote, newest first.', unit: 'short' },
      [logLines(ofService('$service'), 200)],
      { links: [consoleLink('Logs in the console', 'logs', '?service=${service}')] },
    ),
  ];
}
