import type { ReactNode } from 'react';
import { around, aroundStart, rangeQuery } from '#dashboards/console/core/incident/around.ts';
import { patternLines, type PatternLine } from '#dashboards/console/core/incident/kept.ts';
import { logsTarget } from '#dashboards/console/core/links.ts';
import { patternsPath } from '#dashboards/console/core/incident/questions.ts';
import type { LogPatterns } from '#dashboards/console/core/logs/answers.ts';
import {
  countsOf,
  groupedPatterns,
  rankPatterns,
  type PatternGroup,
} from '#dashboards/console/core/logs/patterns.ts';
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
import {
  EvidenceSwitch,
  KeptPanel,
  useAsksNow,
} from '#dashboards/console/web/pages/incidents/kept-panel.tsx';
import type { Kept } from '#dashboards/console/web/pages/incidents/use-kept-evidence.ts';

const SHOWN_MAX = 8;
/** So many times more than before is a change; less is weather. */
const GROWTH_MIN = 3;

const TITLE = 'New in the logs';
const MEANING = 'warnings and errors around the start, against the 30 min before';

/** Warnings and errors in the logs that were not there in the half hour before, or were far fewer. */
export function Patterns({
  incident,
  kept,
}: {
  readonly incident: Incident;
  readonly kept: Kept;
}): ReactNode {
  const part = kept.evidence?.logs;
  if (useAsksNow()) return <PatternsNow incident={incident} />;
  return (
    <KeptPanel title={TITLE} meaning={MEANING} incident={incident} kept={kept} part={part}>
      {({ patterns, changed }, range) => (
        <PatternList patterns={patternLines(patterns)} changed={changed} range={range} />
      )}
    </KeptPanel>
  );
}

function PatternsNow({ incident }: { readonly incident: Incident }): ReactNode {
  const path = patternsPath(incident);
  const { data, error, loading } = useJson<LogPatterns>(path);
  const ranked = rankPatterns(data?.patterns ?? []);
  const changed = ranked.filter(({ isNew, growth }) => isNew || (growth ?? 0) >= GROWTH_MIN);
  const range = rangeQuery(aroundStart(incident));
  return (
    <Panel
      title={TITLE}
      meaning={`${MEANING}, as the store has it now`}
      actions={
        <>
          <EvidenceSwitch />
          <CopyCurl path={path} />
        </>
      }
      loading={loading}
      error={error}
    >
      {data !== undefined && <PatternList patterns={changed} changed={changed.length} range={range} />}
    </Panel>
  );
}

interface PatternListProps {
  readonly patterns: readonly PatternLine[];
  /** So many there are. */
  readonly changed: number;
  readonly range: { readonly from: string; readonly to: string };
}

function PatternList({ patterns, changed, range }: PatternListProps): ReactNode {
  const groups = groupedPatterns(patterns).slice(0, SHOWN_MAX);
  if (groups.length === 0) {
    return (
      <Empty>
        No warning or error is new.{' '}
        <Link to={withQuery(pathOf({ page: 'logs' }), range)}>All logs of that time</Link>
      </Empty>
    );
  }
  const left = changed - groups.reduce((sum, { length }) => sum + length, 0);
  return (
    <>
      <ul className="incident-patterns">
        {groups.map((group) => (
          <PatternRow key={group[0].key} group={group} range={range} />
        ))}
      </ul>
      {left > 0 && (
        <p className="incident-links">
          <Link to={withQuery(pathOf({ page: 'logs' }), { severity: 'warn', ...range })}>{left} more</Link>
        </p>
      )}
    </>
  );
}

interface PatternRowProps {
  readonly group: PatternGroup<PatternLine>;
  readonly range: PatternListProps['range'];
}

/** What was written; who wrote it, each leading to its own lines. */
function PatternRow({ group, range }: PatternRowProps): ReactNode {
  const [{ severity, literal, isNew, template, example }, ...others] = group;
  const { count, growth } = countsOf(group);
  const linesOf = (service: string | undefined): string =>
    around(logsTarget(service, { text: literal }), range);
  return (
    <li>
      <div className="incident-pattern-head">
        <StateMark state={severity === 'warn' ? 'ticket' : 'burning'} word={severity} />
        <span className="label">
          {formatCount(count)}× {isNew ? 'new' : `${formatCount(growth)} times as many as before`}
        </span>
        {group.map((one) => (
          <Link key={one.service} to={linesOf(one.service)} title={`Its lines in ${one.service}`}>
            <SeriesName name={one.service} />
            {others.length > 0 && one.count > 1 && <span className="hint"> {formatCount(one.count)}×</span>}
          </Link>
        ))}
      </div>
      <Link
        to={linesOf(others.length === 0 ? group[0].service : undefined)}
        className="mono incident-pattern"
        title={example}
      >
        {template}
      </Link>
    </li>
  );
}
