import { useMemo, type ReactNode } from 'react';
import { formatCount, formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { isLevel, type LogPatterns } from '#dashboards/console/core/logs/answers.ts';
import { nanosToMs } from '#dashboards/console/core/logs/line.ts';
import {
  countsOf,
  groupedPatterns,
  rankPatterns,
  type PatternGroup,
  type RankedPattern,
} from '#dashboards/console/core/logs/patterns.ts';
import { addressWith, withFilter } from '#dashboards/console/core/logs/search.ts';
import { excerpt, readable } from '#dashboards/console/core/logs/text.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import type { Loaded } from '#dashboards/console/web/data/use-json.ts';
import { LevelMark } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { NoLines } from '#dashboards/console/web/pages/logs/no-lines.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

const PATTERN_CHARS_MAX = 500;

interface PatternsPanelProps {
  readonly path: string;
  readonly loaded: Loaded<LogPatterns>;
  readonly interval: Interval;
}

/** Messages without their numbers and ids, counted now and in the same time before: what is new stands first. */
export function PatternsPanel({ path, loaded, interval }: PatternsPanelProps): ReactNode {
  const { data, error, loading } = loaded;
  const patterns = useMemo(() => rankPatterns(data?.patterns ?? []), [data]);
  const isAllNew =
    patterns.length > 0 && (data?.baselineScanned ?? 0) === 0 && patterns.every(({ isNew }) => isNew);
  const before = formatDuration(interval.endMs - interval.startMs);
  return (
    <Panel
      title="Patterns"
      meaning={
        data === undefined
          ? 'kinds of messages, new ones first'
          : `kinds of messages among the newest ${formatNumber(data.scanned)} lines, against the ${before} before; new ones first`
      }
      className="log-list"
      loading={loading}
      error={error}
      actions={<CopyCurl path={path} />}
    >
      {data !== undefined && patterns.length === 0 && <NoLines waiting={false} />}
      {isAllNew && (
        <p className="hint">Nothing like it was written in the {before} before: everything counts as new.</p>
      )}
      {patterns.length > 0 && (
        <div className="scroll-x">
          <table className="log-patterns">
            <thead>
              <tr>
                <th scope="col" className="number">
                  Lines
                </th>
                <th scope="col" className="number">
                  Before
                </th>
                <th scope="col">Severity</th>
                <th scope="col">Service</th>
                <th scope="col">Message</th>
                <th scope="col">First and last</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {groupedPatterns(patterns).map((group) => (
                <PatternRow key={group[0].key} group={group} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** A message of a service, or of several that write the same. */
function PatternRow({ group }: { readonly group: PatternGroup<RankedPattern> }): ReactNode {
  const { query } = useAddress();
  const [first, ...others] = group;
  const { severity, isNew, literal } = first;
  const { count, baselineCount, growth } = countsOf(group);
  const { text, leftOut } = excerpt(first.template, PATTERN_CHARS_MAX);
  const linesOf = (service: string | undefined): string =>
    addressWith(location.pathname, query, {
      view: undefined,
      service,
      severity: severity === 'unset' ? undefined : severity,
      text: literal === '' ? (query.get('text') ?? undefined) : literal,
    });
  const out = addressWith(location.pathname, query, withFilter(query, { name: 'not.text', value: literal }));
  return (
    <tr>
      <td className="number log-count">{formatNumber(count)}</td>
      <td className="number">
        {isNew ? (
          <strong>new</strong>
        ) : (
          <>
            <span className="log-narrow">before </span>
            {formatCount(baselineCount)} <span className="hint">{growthText(growth)}</span>
          </>
        )}
      </td>
      <td>{isLevel(severity) ? <LevelMark level={severity} /> : readable(severity)}</td>
      <td className={others.length > 0 ? 'log-several hint' : undefined}>
        {others.length > 0 ? `${group.length} services` : <Writers group={group} linesOf={linesOf} />}
      </td>
      <td className="log-pattern">
        <Link
          to={linesOf(others.length === 0 ? first.service : (query.get('service') ?? undefined))}
          className="plain mono"
          title={`Its lines. One of them: ${first.example.slice(0, 500)}`}
        >
          <bdi>{text}</bdi>
          {leftOut > 0 && <span className="hint"> … {formatNumber(leftOut)} more characters</span>}
        </Link>
        {others.length > 0 && <Writers group={group} linesOf={linesOf} />}
      </td>
      <td className="log-times">
        <Times group={group} />
      </td>
      <td className="log-leave">
        {literal !== '' && (
          <Link
            to={out}
            className="log-out"
            label={`Filter out ${text}`}
            title={`Leaves out every line that contains "${literal}"`}
          >
            ≠
          </Link>
        )}
      </td>
    </tr>
  );
}

/** Who wrote it, and how often where that is more than once; each leads to its own lines. */
function Writers(props: {
  readonly group: PatternGroup<RankedPattern>;
  readonly linesOf: (service: string) => string;
}): ReactNode {
  const { group, linesOf } = props;
  return (
    <div className="log-writers">
      {group.map(({ service, count }) => (
        <Link key={service} to={linesOf(service)} className="plain" title={`Its lines in ${service}`}>
          <SeriesName name={service} />
          {group.length > 1 && count > 1 && <span className="hint"> {formatNumber(count)}×</span>}
        </Link>
      ))}
    </div>
  );
}

/** When it was first and last written; the last line is there to be opened. */
function Times({ group }: { readonly group: PatternGroup<RankedPattern> }): ReactNode {
  const { query } = useAddress();
  const first = group.reduce((best, one) =>
    nanosToMs(one.firstUnixNanos) < nanosToMs(best.firstUnixNanos) ? one : best,
  );
  const last = group.reduce((best, one) =>
    nanosToMs(one.lastUnixNanos) > nanosToMs(best.lastUnixNanos) ? one : best,
  );
  const example = addressWith(location.pathname, query, {
    view: undefined,
    row: last.exampleId,
    at: last.lastUnixNanos,
    context: undefined,
    of: undefined,
  });
  return (
    <>
      <Time ms={nanosToMs(first.firstUnixNanos)} /> –{' '}
      <Link to={example} title="An example, with its fields">
        <Time ms={nanosToMs(last.lastUnixNanos)} />
      </Link>
    </>
  );
}

function growthText(growth: number | null): string {
  if (growth === null || (growth > 0.8 && growth < 1.25)) return '';
  return growth > 1 ? `×${formatNumber(growth)}` : `÷${formatNumber(1 / growth)}`;
}
