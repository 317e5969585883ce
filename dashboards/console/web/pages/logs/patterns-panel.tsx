import { useMemo, type ReactNode } from 'react';
import { formatCount, formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { isLevel, type LogPatterns } from '#dashboards/console/core/logs/answers.ts';
import { nanosToMs } from '#dashboards/console/core/logs/line.ts';
import { rankPatterns, type RankedPattern } from '#dashboards/console/core/logs/patterns.ts';
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
                <th scope="col" className="log-wide">
                  Severity
                </th>
                <th scope="col" className="log-wide">
                  Service
                </th>
                <th scope="col">Message</th>
                <th scope="col" className="log-wide">
                  First and last
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {patterns.map((pattern) => (
                <PatternRow key={pattern.key} pattern={pattern} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function PatternRow({ pattern }: { readonly pattern: RankedPattern }): ReactNode {
  const { query } = useAddress();
  const { severity, service, count, baselineCount, isNew, growth, literal } = pattern;
  const { text, leftOut } = excerpt(pattern.template, PATTERN_CHARS_MAX);
  const mark = isLevel(severity) ? <LevelMark level={severity} /> : readable(severity);
  const lines = addressWith(location.pathname, query, {
    view: undefined,
    service,
    severity: severity === 'unset' ? undefined : severity,
    text: literal === '' ? (query.get('text') ?? undefined) : literal,
  });
  const example = addressWith(location.pathname, query, {
    view: undefined,
    row: pattern.exampleId,
    at: pattern.lastUnixNanos,
    context: undefined,
    of: undefined,
  });
  const out = addressWith(location.pathname, query, withFilter(query, { name: 'not.text', value: literal }));
  return (
    <tr>
      <td className="number">{formatNumber(count)}</td>
      <td className="number">
        {isNew ? (
          <strong>new</strong>
        ) : (
          <>
            {formatCount(baselineCount)} <span className="hint">{growthText(growth)}</span>
          </>
        )}
      </td>
      <td className="log-wide">{mark}</td>
      <td className="log-wide">
        <SeriesName name={service} />
      </td>
      <td className="log-pattern">
        <div className="log-narrow">
          {mark} <SeriesName name={service} />
        </div>
        <Link
          to={lines}
          className="plain mono"
          title={`Its lines. One of them: ${pattern.example.slice(0, 500)}`}
        >
          <bdi>{text}</bdi>
          {leftOut > 0 && <span className="hint"> … {formatNumber(leftOut)} more characters</span>}
        </Link>
      </td>
      <td className="log-wide">
        <Time ms={nanosToMs(pattern.firstUnixNanos)} /> –{' '}
        <Link to={example} title="An example, with its fields">
          <Time ms={nanosToMs(pattern.lastUnixNanos)} />
        </Link>
      </td>
      <td>
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

function growthText(growth: number | null): string {
  if (growth === null || (growth > 0.8 && growth < 1.25)) return '';
  return growth > 1 ? `×${formatNumber(growth)}` : `÷${formatNumber(1 / growth)}`;
}
