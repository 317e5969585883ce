import { useMemo, type ReactNode } from 'react';
import { exemplarsOf, slowest, thinned, type Exemplar } from '#dashboards/console/core/metrics/exemplars.ts';
import { problemOf } from '#dashboards/console/core/metrics/prom-error.ts';
import { unitOf } from '#dashboards/console/core/metrics/query-unit.ts';
import {
  seriesSet,
  valueTable,
  type QueryAnswer,
  type SeriesSet,
} from '#dashboards/console/core/metrics/series-set.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatClock } from '#dashboards/console/core/times.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import { keepingRange, navigate } from '#dashboards/console/web/data/location.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import { ExemplarTable } from '#dashboards/console/web/pages/metrics/exemplar-table.tsx';
import { formatIn } from '#dashboards/console/web/pages/metrics/format.ts';
import { SERIES_MAX, type Answers } from '#dashboards/console/web/pages/metrics/use-answers.ts';
import { Values } from '#dashboards/console/web/pages/metrics/values.tsx';
import { Chart } from '#dashboards/console/web/parts/chart.tsx';
import type { ChartPoint } from '#dashboards/console/web/parts/chart-points.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';

interface ResultsProps {
  readonly query: string;
  readonly interval: Interval;
  readonly answers: Answers;
}

const EXEMPLARS_LISTED = 5;
const CHART_PX = 240;

/** Chart, the values at its end, and the slowest of the observations behind them. */
export function Results({ query, interval, answers }: ResultsProps): ReactNode {
  const { grid, range, instant, exemplars } = answers;
  const now = useNow();
  const unit = useMemo(() => unitOf(query), [query]);
  const set = useMemo(() => seriesSet(range.data, grid, unit.factor), [range.data, grid, unit]);
  const table = useMemo(() => valueTable(instant.data, unit.factor), [instant.data, unit]);
  const found = useMemo(() => exemplarsOf(exemplars.data), [exemplars.data]);
  const points = useMemo(() => thinned(found).map((one) => pointOf(one, unit.observed)), [found, unit]);
  const drawn = useMemo(
    () =>
      set.series.map(({ key, name, values, style }) => ({
        name: set.series.filter((other) => other.name === name).length > 1 ? `${name} ${key}` : name,
        values,
        color: `--series-${style.slot}`,
        dash: style.dash,
      })),
    [set],
  );
  const notes = notesOf(range.data);
  const isEmpty = range.data !== undefined && set.count === 0 && table.rows.length === 0;
  if (isEmpty)
    return (
      <Empty>
        No series answers this in the range shown. Does the metric have that name and these labels? A longer
        range may have some; the field completes names with ctrl+space.
      </Empty>
    );
  return (
    <>
      {range.error !== undefined && (
        <p className="hint">No chart: {problemOf(range.error.message, query).message}</p>
      )}
      {set.count > 0 && (
        <Chart
          label={`Query: ${query}`}
          timesMs={set.timesMs}
          series={drawn}
          unit={unit.unit}
          heightPx={CHART_PX}
          startMs={interval.startMs}
          endMs={Math.min(interval.endMs, Math.max(now, interval.startMs + 1))}
          log={isWide(set) && unit.unit === 'duration-ms'}
          points={points}
          legend={false}
        />
      )}
      <p className="hint">{leftOut(set)}</p>
      {notes.map((note) => (
        <p key={note} className="hint">
          ◆ {note}
        </p>
      ))}
      <div className="query-tables">
        <Values
          table={table}
          set={set}
          unit={unit.unit}
          title={`At ${formatClock(Math.min(now, interval.endMs), now)}`}
          path={answers.instantPath}
        />
        {found.length > 0 && (
          <ExemplarTable exemplars={slowest(found, EXEMPLARS_LISTED)} count={found.length} />
        )}
      </div>
    </>
  );
}

/** What the API remarks; that a list was cut is told with its length. */
function notesOf(answer: QueryAnswer | undefined): readonly string[] {
  const notes = new Set([...(answer?.warnings ?? []), ...(answer?.infos ?? [])]);
  notes.delete('results truncated due to limit');
  return [...notes];
}

/** More than two decades cannot be read from a linear axis; what is 0 has no place on a logarithmic one. */
function isWide({ series }: SeriesSet): boolean {
  const values = series.flatMap(({ values: all }) => all.filter((value) => value !== null));
  let least = Infinity;
  let most = 0;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least > 0 && most / least > 100;
}

function leftOut({ series, count }: SeriesSet): string {
  if (count <= series.length) return '';
  const all = count >= SERIES_MAX ? `${SERIES_MAX} or more` : String(count);
  return `The highest ${series.length} of ${all} series are drawn. Sum by a label, or add one to the braces, to see the others.`;
}

function pointOf({ timeMs, value, unit, traceId, spanId }: Exemplar, observed: boolean): ChartPoint {
  return {
    timeMs,
    value: observed ? value : null,
    label: `${formatIn(unit, value)} · trace ${traceId} · click opens it`,
    onOpen: () =>
      navigate(
        keepingRange(pathOf({ page: 'trace', id: traceId }), spanId === undefined ? {} : { span: spanId }),
      ),
  };
}
