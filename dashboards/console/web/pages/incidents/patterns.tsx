import type { ReactNode } from 'react';
import { around, aroundStart, rangeQuery } from '#dashboards/console/core/incident/around.ts';
import { logsTarget } from '#dashboards/console/core/links.ts';
import { patternsPath } from '#dashboards/console/core/incident/questions.ts';
import type { LogPatterns } from '#dashboards/console/core/logs/answers.ts';
import { rankPatterns, type RankedPattern } from '#dashboards/console/core/logs/patterns.ts';
import { formatCount } from '#dashboards/console/core/numbers.ts';
import { pathOf, withQuery } from '#dashboards/console/core/route.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

const SHOWN_MAX = 8;
/** So many times more than before is a change; less is weather. */
const GROWTH_MIN = 3;

/** Warnings and errors in the logs that were not there in the half hour before, or were far fewer. */
export function Patterns({ incident }: { readonly incident: Incident }): ReactNode {
  const path = patternsPath(incident);
  const { data, error, loading } = useJson<LogPatterns>(path);
  const ranked = rankPatterns(data?.patterns ?? []);
  const changed = ranked.filter(({ isNew, growth }) => isNew || (growth ?? 0) >= GROWTH_MIN);
  const range = rangeQuery(aroundStart(incident));
  return (
    <Panel
      title="New in the logs"
      meaning="warnings and errors around the start, against the 30 min before"
      actions={<CopyCurl path={path} />}
      loading={loading}
      error={error}
    >
      {data !== undefined && changed.length === 0 && (
        <Empty>
          No warning or error is new.{' '}
          <Link to={withQuery(pathOf({ page: 'logs' }), range)}>All logs of that time</Link>
        </Empty>
      )}
      <ul className="incident-patterns">
        {changed.slice(0, SHOWN_MAX).map((pattern) => (
          <PatternRow key={pattern.key} pattern={pattern} range={range} />
        ))}
      </ul>
      {changed.length > SHOWN_MAX && (
        <p className="incident-links">
          <Link to={withQuery(pathOf({ page: 'logs' }), { severity: 'warn', ...range })}>
            {changed.length - SHOWN_MAX} more
          </Link>
        </p>
      )}
    </Panel>
  );
}

function PatternRow({
  pattern,
  range,
}: {
  readonly pattern: RankedPattern;
  readonly range: { readonly from: string; readonly to: string };
}): ReactNode {
  const { service, severity, literal, count, isNew, growth, example } = pattern;
  const to = around(logsTarget(service, { text: literal }), range);
  return (
    <li>
      <div className="incident-pattern-head">
        <StateMark state={severity === 'warn' ? 'ticket' : 'burning'} word={severity} />
        <SeriesName name={service} />
        <span className="label">
          {formatCount(count)}× {isNew ? 'new' : `${formatCount(growth)} times as many as before`}
        </span>
      </div>
      <Link to={to} className="mono incident-pattern" title={example}>
        {pattern.pattern}
      </Link>
    </li>
  );
}
