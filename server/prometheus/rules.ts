/**
 * SLO alerts in the shape of Prometheus' `/rules` and `/alerts`: one group a
 * service and file, one alerting rule an SLO and kind. The query of a rule says
 * in PromQL what the SLO engine judges; nobody evaluates it. Pure.
 */
import type { AlertStatus, BurnWindow, SloStatus } from '#alerting/ports.ts';
import { alertLabels, BLIND_ALERTNAME } from '#alerting/slo/core/announce.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import { formatDuration } from '#base/duration.ts';
import { compileMatcher } from '#promql/matchers.ts';
import { dropLabels, labelOf, labelsKey, quote } from '#promql/labels.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

export type RuleState = 'firing' | 'pending' | 'inactive';

export interface AlertJson {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'firing';
  readonly activeAt: string;
  readonly value: string;
}

export interface RuleJson {
  readonly state: RuleState;
  readonly name: string;
  readonly query: string;
  /** Seconds it must hold before it fires: the windows are the wait. */
  readonly duration: 0;
  readonly keepFiringFor: 0;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly alerts: readonly AlertJson[];
  readonly health: 'ok' | 'unknown';
  readonly evaluationTime: 0;
  readonly lastEvaluation: string;
  readonly type: 'alerting';
}

export interface RuleGroupJson {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly RuleJson[];
  /** Seconds. */
  readonly interval: 1;
  readonly limit: 0;
  readonly evaluationTime: 0;
  readonly lastEvaluation: string;
}

/** Empty lists choose everything. */
export interface RuleFilter {
  readonly type: 'alert' | 'record' | undefined;
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly files: readonly string[];
  readonly sets: readonly (readonly Matcher[])[];
  readonly excludeAlerts: boolean;
}

/** What the alerting worker says at one moment. */
export interface AlertingView {
  readonly slos: readonly SloStatus[];
  readonly alerts: readonly AlertStatus[];
  readonly nowMs: number;
}

const KINDS: readonly AlertKind[] = ['page', 'ticket', 'blind'];
const ALERTNAME: ReadonlySet<string> = new Set(['alertname']);

/** Groups with at least one rule, by file, then name. */
export function ruleGroups(view: AlertingView, filter: RuleFilter): readonly RuleGroupJson[] {
  if (filter.type === 'record') return [];
  const firing = firingByLabels(view.alerts);
  const groups = new Map<string, { readonly name: string; readonly file: string; rules: RuleJson[] }>();
  for (const slo of view.slos) {
    const [name, file] = [slo.service, fileOf(slo)];
    if (!isChosen(filter.groups, name) || !isChosen(filter.files, file)) continue;
    const key = JSON.stringify([file, name]);
    const group = groups.get(key) ?? { name, file, rules: [] };
    groups.set(key, group);
    for (const kind of KINDS) {
      const rule = ruleOf(slo, kind, { firing, view, filter });
      if (rule !== undefined) group.rules.push(rule);
    }
  }
  const lastEvaluation = isoOf(view.nowMs);
  const filled = [...groups].filter(([, { rules }]) => rules.length > 0);
  return filled
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, group]) => ({ ...group, interval: 1, limit: 0, evaluationTime: 0, lastEvaluation }));
}

/** What fires now. */
export function activeAlerts({ slos, alerts }: AlertingView): readonly AlertJson[] {
  const byId = new Map(slos.map((slo) => [slo.id, slo]));
  return alerts
    .filter(({ firing }) => firing)
    .map((alert) => alertJson(alert, byId.get(labelOf(alert.labels, 'slo_id'))));
}

interface RuleContext {
  readonly firing: ReadonlyMap<string, AlertStatus>;
  readonly view: AlertingView;
  readonly filter: RuleFilter;
}

function ruleOf(slo: SloStatus, kind: AlertKind, context: RuleContext): RuleJson | undefined {
  const { firing, view, filter } = context;
  const pairs = slo.windows.filter(({ severity }) => severity === kind);
  if (kind !== 'blind' && pairs.length === 0) return undefined;
  const identity = alertLabels(slo.id, slo.service, kind);
  const name = labelOf(identity, 'alertname');
  const labels = dropLabels(identity, ALERTNAME);
  if (!isChosen(filter.names, name) || !matchesAny(filter.sets, labels)) return undefined;
  const alert = firing.get(labelsKey(identity));
  const holds = pairs.some((pair) => pair.holds);
  return {
    state: alert !== undefined ? 'firing' : holds ? 'pending' : 'inactive',
    name,
    query: kind === 'blind' ? blindQuery(slo) : pairs.map((pair) => pairQuery(slo, pair)).join(' or '),
    duration: 0,
    keepFiringFor: 0,
    labels,
    annotations: annotationsOf(slo),
    alerts: alert === undefined || filter.excludeAlerts ? [] : [alertJson(alert, slo)],
    health: slo.state === 'catching-up' ? 'unknown' : 'ok',
    evaluationTime: 0,
    lastEvaluation: isoOf(view.nowMs),
    type: 'alerting',
  };
}

/** In Sloth's names: both windows burn the budget faster than the factor. */
function pairQuery(slo: SloStatus, { factor, longWindowMs, shortWindowMs }: BurnWindow): string {
  const labels = `sloth_id=${quote(slo.id)}, sloth_service=${quote(slo.service)}, sloth_slo=${quote(slo.name)}`;
  const burns = (windowMs: number): string =>
    `slo:sli_error:ratio_rate${formatDuration(windowMs)}{${labels}} > (${factor} * ${budgetRatio(slo)})`;
  return `(${burns(longWindowMs)} and ${burns(shortWindowMs)})`;
}

function blindQuery({ service }: SloStatus): string {
  return `absent_over_time(traces_span_metrics_calls_total{service_name=${quote(service)}}[2m])`;
}

function annotationsOf({ displayName, description }: SloStatus): Labels {
  return { summary: displayName, ...(description === '' ? {} : { description }) };
}

/** The value is that of the query: the share of bad events in the long window, or 1 for nothing there. */
function alertJson(alert: AlertStatus, slo: SloStatus | undefined): AlertJson {
  const { labels, annotations, startsAtMs } = alert;
  const isBlind = labelOf(labels, 'alertname') === BLIND_ALERTNAME;
  const pairs = slo?.windows.filter(({ severity }) => severity === labelOf(labels, 'severity')) ?? [];
  const pair = pairs.find(({ holds }) => holds) ?? pairs[0];
  const ratio = slo === undefined || pair === undefined ? 0 : pair.longBurn * budgetRatio(slo);
  return {
    labels,
    annotations,
    state: 'firing',
    activeAt: isoOf(startsAtMs),
    value: formatExponent(isBlind ? 1 : ratio),
  };
}

function firingByLabels(alerts: readonly AlertStatus[]): ReadonlyMap<string, AlertStatus> {
  return new Map(alerts.filter(({ firing }) => firing).map((alert) => [labelsKey(alert.labels), alert]));
}

function isChosen(chosen: readonly string[], name: string): boolean {
  return chosen.length === 0 || chosen.includes(name);
}

function matchesAny(sets: readonly (readonly Matcher[])[], labels: Labels): boolean {
  const matches = (matchers: readonly Matcher[]): boolean =>
    matchers.every((matcher) => compileMatcher(matcher)(labelOf(labels, matcher.name)));
  return sets.length === 0 || sets.some(matches);
}

/** `file:line` without the line. */
function fileOf({ definedAt }: SloStatus): string {
  return definedAt.replace(/:\d+$/, '');
}

/** Share of events that may be bad; 1 − 0.999 is not 0.001 in binary. */
function budgetRatio({ objective }: SloStatus): number {
  return Number((1 - objective).toPrecision(12));
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** As Prometheus writes the value of an alert: `1.44e+01`. */
export function formatExponent(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
