/** What is wrong with a query: two parsers must read it, and the registry must know what it names. */
import { parser as upstream } from '@prometheus-io/lezer-promql';
import { errorText } from '#base/errors.ts';
import { knownSeries, type Metric } from '#dashboards/grafana/lint/names.ts';
import type { Expression, Selector } from '#promql/syntax/ast.ts';
import { parseQuery } from '#promql/syntax/parser.ts';
import { selectorsOf } from '#promql/syntax/selectors-of.ts';

/** Something to stand for each variable while parsing. */
const STAND_INS: Readonly<Record<string, string>> = {
  $__rate_interval: '1m',
  $__range: '1h',
  $__interval: '15s',
  $slo: 'gateway/availability',
  $service: 'gateway',
};
const WINDOWS = /\[(?<window>[^\]]*)\]/g;
/** Of counters; the rest look at gauges. */
const RATES: ReadonlySet<string> = new Set(['rate', 'irate', 'increase']);
const GAUGE_RATES: ReadonlySet<string> = new Set(['deriv', 'delta', 'idelta', 'predict_linear']);

const KNOWN = knownSeries();

/** Sentences; none when all is well. */
export function queryProblems(query: string): readonly string[] {
  const text = Object.entries(STAND_INS).reduce((sum, [name, value]) => sum.replaceAll(name, value), query);
  const problems = windowProblems(query);
  if (/\$(?!\d)/.test(text)) problems.push('uses a variable nobody defines');
  if (hasUpstreamError(text)) problems.push("cannot be parsed by Prometheus' grammar");
  let expression: Expression;
  try {
    ({ expression } = parseQuery(text));
  } catch (error) {
    return [...problems, errorText(error)];
  }
  return [...problems, ...nameProblems(expression), ...rateProblems(expression, undefined)];
}

/** Windows of ranges that a person zooms must follow the zoom. */
function windowProblems(query: string): string[] {
  const fixed = [...query.matchAll(WINDOWS)].map(({ groups }) => groups?.['window'] ?? '');
  return fixed
    .filter((window) => window !== '$__rate_interval' && window !== '$__range')
    .map((window) => `looks at [${window}] instead of $__rate_interval or $__range`);
}

function hasUpstreamError(text: string): boolean {
  let found = false;
  upstream.parse(text).iterate({
    enter: ({ type }) => {
      found ||= type.isError;
    },
  });
  return found;
}

function nameProblems(expression: Expression): string[] {
  const selectors = selectorsOf(expression);
  const unknown = selectors
    .filter(({ name }) => name === undefined || !KNOWN.has(name))
    .map(({ name }) => `names the metric ${name ?? '(none)'}, which nobody sets`);
  const labels = selectors.flatMap((selector) => strangeMatchers(selector));
  return [...unknown, ...labels, ...groupProblems(expression)];
}

function metricOf({ name }: Selector): Metric | undefined {
  return name === undefined ? undefined : KNOWN.get(name);
}

function strangeMatchers(selector: Selector): string[] {
  const metric = metricOf(selector);
  if (metric === undefined) return [];
  return selector.matchers
    .map(({ name }) => name)
    .filter((name) => name !== '__name__' && !metric.labels.includes(name))
    .map((name) => `asks ${selector.name ?? ''} for the label ${name}, which it does not have`);
}

/** Labels of `by` that no metric below has, and that nobody makes. */
function groupProblems(expression: Expression): string[] {
  const below = childrenOf(expression).flatMap(groupProblems);
  if (expression.kind !== 'aggregation') return below;
  const had = new Set([
    ...selectorsOf(expression.operand).flatMap((selector) => metricOf(selector)?.labels ?? []),
    ...madeLabels(expression.operand),
  ]);
  const strange = expression.labels.filter((label) => !had.has(label));
  return [...below, ...strange.map((label) => `groups by ${label}, which nothing below has`)];
}

/** Both name in their second argument the label they set. */
const LABEL_MAKERS: ReadonlySet<string> = new Set(['label_replace', 'label_join']);

function madeLabels(expression: Expression): string[] {
  const below = childrenOf(expression).flatMap(madeLabels);
  if (expression.kind !== 'call' || !LABEL_MAKERS.has(expression.name)) return below;
  const target = expression.args[1];
  return target?.kind === 'string' ? [...below, target.value] : below;
}

/** @param within name of the innermost function around it */
function rateProblems(expression: Expression, within: string | undefined): string[] {
  if (expression.kind === 'range') {
    const { type } = metricOf(expression.selector) ?? {};
    const name = expression.selector.name ?? '';
    if (type === 'gauge' && within !== undefined && RATES.has(within))
      return [`takes the ${within} of the gauge ${name}`];
    if (type === 'counter' && within !== undefined && GAUGE_RATES.has(within))
      return [`takes the ${within} of the counter ${name}`];
    return [];
  }
  const inner = expression.kind === 'call' ? expression.name : within;
  return childrenOf(expression).flatMap((child) => rateProblems(child, inner));
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'selector':
      return [];
    case 'range':
      return [expression.selector];
    case 'subquery':
    case 'parentheses':
      return [expression.expression];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'aggregation':
      return expression.parameter === undefined
        ? [expression.operand]
        : [expression.parameter, expression.operand];
    case 'call':
      return expression.args;
  }
}

/** Counters looked at as they are, not by how they rise. */
export function rawCounters(query: string): readonly string[] {
  const text = Object.entries(STAND_INS).reduce((sum, [name, value]) => sum.replaceAll(name, value), query);
  return raw(parseQuery(text).expression);
}

function raw(expression: Expression): readonly string[] {
  if (expression.kind === 'range') return [];
  if (expression.kind === 'selector')
    return metricOf(expression)?.type === 'counter' ? [expression.name ?? ''] : [];
  return childrenOf(expression).flatMap(raw);
}
