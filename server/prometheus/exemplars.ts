/** `query_exemplars`: exemplars of the series an expression looks at. */
import { formatTime, formatValue } from '#promql/format-value.ts';
import { labelOf, sortedNames } from '#promql/labels.ts';
import { selectorsOf } from '#promql/syntax/selectors-of.ts';
import type { Labels } from '#signals/matchers.ts';
import type { ExemplarSeries, MetricReader } from '#storage/ports.ts';
import { dataAnswer, type Answer } from '#server/prometheus/answers.ts';
import type { Parameters } from '#server/prometheus/parameters.ts';
import { queryParameter, TRUNCATED } from '#server/prometheus/queries.ts';

/** Exemplars in one answer: more than any panel has dots for. The newest of each series stay. */
export const EXEMPLARS_ANSWERED_MAX = 10_000;

/**
 * An expression without selectors, and one whose series have no exemplars, gives
 * an empty list and a success: Grafana probes this once, and gives up on
 * exemplars for the session otherwise.
 */
export async function queryExemplars(parameters: Parameters, reader: MetricReader): Promise<Answer> {
  const { expression } = queryParameter(parameters);
  const range = parameters.timeRange();
  const sets = selectorsOf(expression).map(({ matchers }) => matchers);
  const found = sets.length === 0 ? [] : await reader.exemplars({ sets, ...range });
  const count = found.reduce((sum, { exemplars }) => sum + exemplars.length, 0);
  const isOver = count > EXEMPLARS_ANSWERED_MAX;
  const perSeries = isOver ? Math.max(1, Math.floor(EXEMPLARS_ANSWERED_MAX / found.length)) : count;
  const shown = isOver ? found.slice(0, EXEMPLARS_ANSWERED_MAX) : found;
  return dataAnswer(
    shown.map((series) => seriesJson(series, perSeries)),
    isOver ? { warnings: [TRUNCATED] } : {},
  );
}

function seriesJson({ labels, exemplars }: ExemplarSeries, max: number): object {
  return {
    seriesLabels: sorted(labels),
    exemplars: exemplars.slice(-max).map((exemplar) => ({
      labels: sorted(exemplar.labels),
      value: formatValue(exemplar.value),
      timestamp: Number(formatTime(exemplar.timeMs)),
    })),
  };
}

function sorted(labels: Labels): Labels {
  return Object.fromEntries(sortedNames(labels).map((name) => [name, labelOf(labels, name)]));
}
