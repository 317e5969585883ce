import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertStatus, BurnWindow, SloStatus } from '#alerting/ports.ts';
import { alertLabels } from '#alerting/slo/core/announce.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import {
  activeAlerts,
  formatExponent,
  ruleGroups,
  type AlertingView,
  type RuleFilter,
} from '#server/prometheus/rules.ts';

const NOW_MS = 1_700_000_000_000;
const NO_FILTER: RuleFilter = {
  type: undefined,
  names: [],
  groups: [],
  files: [],
  sets: [],
  excludeAlerts: false,
};

function pair(severity: 'page' | 'ticket', factor: number, rest: Partial<BurnWindow> = {}): BurnWindow {
  return {
    severity,
    longWindowMs: 3_600_000,
    shortWindowMs: 300_000,
    factor,
    longBurn: 0,
    shortBurn: 0,
    badInLongWindow: 0,
    holds: false,
    ...rest,
  };
}

function slo(id: string, rest: Partial<SloStatus> = {}): SloStatus {
  const [service = '', name = ''] = id.split('/');
  return {
    id,
    name,
    displayName: `${service} ${name}`,
    service,
    description: 'What users want.',
    objective: 0.999,
    indicator: 'availability',
    thresholdMs: undefined,
    periodMs: 30 * 86_400_000,
    state: 'ok',
    stateSinceMs: NOW_MS,
    windows: [pair('page', 14.4), pair('ticket', 3)],
    budget: {
      good: 1,
      total: 1,
      allowedBad: 1,
      remainingRatio: 1,
      exhaustedInMs: undefined,
      measuredRatio: 1,
    },
    definedAt: `slos/${service}.yaml:7`,
    ...rest,
  };
}

function alert(id: string, kind: AlertKind, firing = true): AlertStatus {
  return {
    fingerprint: '0',
    labels: alertLabels(id, id.split('/')[0] ?? '', kind),
    annotations: { summary: 'It burns.' },
    startsAtMs: NOW_MS - 60_000,
    endsAtMs: NOW_MS,
    updatedAtMs: NOW_MS,
    generatorUrl: '',
    firing,
    silencedBy: ['a silence'],
    receivers: [],
    incidentId: '1',
    acknowledgedBy: undefined,
  };
}

const BURNING = slo('quotes/availability', {
  state: 'burning',
  windows: [pair('page', 14.4, { holds: true, longBurn: 20 }), pair('ticket', 3)],
});
const VIEW: AlertingView = {
  slos: [slo('quotes/latency'), BURNING, slo('billing/availability')],
  alerts: [alert('quotes/availability', 'page'), alert('quotes/latency', 'page', false)],
  nowMs: NOW_MS,
};

test('a group a service, a rule an SLO and kind, in the shape Prometheus has', () => {
  const groups = ruleGroups(VIEW, NO_FILTER);
  assert.deepEqual(
    groups.map(({ name, file, rules }) => [name, file, rules.map((rule) => rule.state)]),
    [
      ['billing', 'slos/billing.yaml', ['inactive', 'inactive', 'inactive']],
      ['quotes', 'slos/quotes.yaml', ['inactive', 'inactive', 'inactive', 'firing', 'inactive', 'inactive']],
    ],
  );
  const labels = 'sloth_id="quotes/availability", sloth_service="quotes", sloth_slo="availability"';
  const lastEvaluation = '2023-11-14T22:13:20.000Z';
  assert.deepEqual(groups[1]?.rules[3], {
    state: 'firing',
    name: 'ErrorBudgetBurn',
    query:
      `(slo:sli_error:ratio_rate1h{${labels}} > (14.4 * 0.001) and ` +
      `slo:sli_error:ratio_rate5m{${labels}} > (14.4 * 0.001))`,
    duration: 0,
    keepFiringFor: 0,
    labels: { severity: 'page', slo_id: 'quotes/availability', service: 'quotes' },
    annotations: { summary: 'quotes availability', description: 'What users want.' },
    alerts: [
      {
        labels: {
          alertname: 'ErrorBudgetBurn',
          severity: 'page',
          slo_id: 'quotes/availability',
          service: 'quotes',
        },
        annotations: { summary: 'It burns.' },
        state: 'firing',
        activeAt: '2023-11-14T22:12:20.000Z',
        value: '2e-02',
      },
    ],
    health: 'ok',
    evaluationTime: 0,
    lastEvaluation,
    type: 'alerting',
  });
  const { rules: _rules, ...head } = groups[1] ?? { rules: [] };
  assert.deepEqual(head, {
    name: 'quotes',
    file: 'slos/quotes.yaml',
    interval: 1,
    limit: 0,
    evaluationTime: 0,
    lastEvaluation,
  });
});

const FILTERS: readonly { readonly filter: Partial<RuleFilter>; readonly rules: number }[] = [
  { filter: {}, rules: 9 },
  { filter: { type: 'alert' }, rules: 9 },
  { filter: { type: 'record' }, rules: 0 },
  { filter: { names: ['SLOTelemetryLost'] }, rules: 3 },
  { filter: { names: ['SLOTelemetryLost', 'ErrorBudgetBurn'] }, rules: 9 },
  { filter: { groups: ['billing'] }, rules: 3 },
  { filter: { files: ['slos/quotes.yaml'] }, rules: 6 },
  { filter: { files: ['slos/quotes.yaml'], groups: ['billing'] }, rules: 0 },
  { filter: { sets: [[{ name: 'severity', operator: '=', value: 'ticket' }]] }, rules: 3 },
];

test('filters choose rules, and a group left with none is left out', () => {
  for (const { filter, rules } of FILTERS) {
    const groups = ruleGroups(VIEW, { ...NO_FILTER, ...filter });
    const found = groups.flatMap((group) => group.rules);
    assert.equal(found.length, rules, JSON.stringify(filter));
    assert.ok(groups.every((group) => group.rules.length > 0));
  }
  const without = ruleGroups(VIEW, { ...NO_FILTER, excludeAlerts: true }).flatMap(({ rules }) => rules);
  assert.ok(without.every(({ alerts }) => alerts.length === 0));
  assert.ok(without.some(({ state }) => state === 'firing'));
});

test('a pair that holds before its alert fires is pending; while catching up nobody knows', () => {
  const view = { ...VIEW, alerts: [], slos: [{ ...BURNING, state: 'catching-up' as const }] };
  const [page] = ruleGroups(view, NO_FILTER)[0]?.rules ?? [];
  assert.deepEqual([page?.state, page?.health], ['pending', 'unknown']);
});

test('alerts are those that fire, also silenced ones, blind ones and those whose SLO is gone', () => {
  const alerts = [...VIEW.alerts, alert('billing/availability', 'blind'), alert('gone/slo', 'ticket')];
  assert.deepEqual(
    activeAlerts({ ...VIEW, alerts }).map(({ labels, value }) => [labels['slo_id'], value]),
    [
      ['quotes/availability', '2e-02'],
      ['billing/availability', '1e+00'],
      ['gone/slo', '0e+00'],
    ],
  );
});

test('values are written as Go does, two digits of exponent at least', () => {
  const texts = [0, 1, 14.4, 0.00123, 1e21, 1e-300, NaN, -Infinity].map(formatExponent);
  assert.deepEqual(texts, ['0e+00', '1e+00', '1.44e+01', '1.23e-03', '1e+21', '1e-300', 'NaN', '-Inf']);
});
