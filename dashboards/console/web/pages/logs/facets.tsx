import type { ReactNode } from 'react';
import { formatCount, formatNumber } from '#dashboards/console/core/numbers.ts';
import { isLevel, type LogFacet, type LogFacets } from '#dashboards/console/core/logs/answers.ts';
import {
  addressWith,
  ATTRIBUTE,
  exclusionOf,
  withFilter,
  withoutFilters,
  type Filter,
  type FilterName,
} from '#dashboards/console/core/logs/search.ts';
import { readable } from '#dashboards/console/core/logs/text.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import type { Loaded } from '#dashboards/console/web/data/use-json.ts';
import { LevelMark } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { tellable } from '#dashboards/console/web/pages/logs/tellable.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface FacetsProps {
  readonly path: string;
  readonly loaded: Loaded<LogFacets>;
}

/** What the lines have in common, with counts; a value filters for itself, a second time takes the filter away; ≠ leaves its lines out. */
export function Facets({ path, loaded }: FacetsProps): ReactNode {
  const { data, error, loading } = loaded;
  return (
    <Panel
      title="Values"
      meaning={data === undefined ? undefined : `of the newest ${formatNumber(data.scanned)} lines`}
      className="log-facets"
      loading={loading}
      error={tellable(error)}
      actions={<CopyCurl path={path} />}
    >
      {data?.facets.map((facet) => (
        <Facet key={facet.key} facet={facet} />
      ))}
      {data?.facets.length === 0 && <p className="hint">No lines, no values.</p>}
    </Panel>
  );
}

function Facet({ facet }: { readonly facet: LogFacet }): ReactNode {
  const { query } = useAddress();
  const { key, values, otherCount } = facet;
  const name = key.startsWith(ATTRIBUTE) ? key.slice(ATTRIBUTE.length) : key;
  // Ids are many and each is rare: they would only push away what tells something.
  const tells = values.reduce((sum, { count }) => sum + count, 0) > otherCount;
  const most = Math.max(1, ...values.map(({ count }) => count));
  return (
    <details className="log-facet" open={tells}>
      <summary className="one-line" title={name}>
        {name}
      </summary>
      <ul>
        {values.map(({ value, count }) => {
          const isChosen = query.get(key) === value;
          const filter = { name: key as FilterName, value };
          const change = isChosen ? withoutFilters(query, [filter]) : withFilter(query, filter);
          const to = addressWith(location.pathname, query, change);
          const title = isChosen ? 'Take this filter away' : titleOf(key, value, count);
          return (
            <li key={value} className="log-value-row">
              <Link to={to} className={`log-value plain ${isChosen ? 'is-chosen' : ''}`} title={title}>
                <span className="one-line">
                  {isChosen && <span aria-label="filtered for">✓ </span>}
                  {key === 'severity' && isLevel(value) ? <LevelMark level={value} /> : shown(value)}
                </span>
                <span className="hint">{formatCount(count)}</span>
                <span
                  className="log-share"
                  style={{ width: `${(count / most) * 100}%` }}
                  aria-hidden="true"
                />
              </Link>
              <Out filter={filter} count={count} />
            </li>
          );
        })}
        {otherCount > 0 && <li className="hint">and {formatCount(otherCount)} in other values</li>}
      </ul>
    </details>
  );
}

function Out({ filter, count }: { readonly filter: Filter; readonly count: number }): ReactNode {
  const { query } = useAddress();
  const exclusion = exclusionOf(filter);
  // What has no value cannot be named, neither for nor out.
  if (exclusion === undefined || filter.value === '') return null;
  return (
    <Link
      to={addressWith(location.pathname, query, withFilter(query, exclusion))}
      className="log-out"
      label={`Filter out ${shown(filter.value)}`}
      title={`Leave these ${formatNumber(count)} lines out`}
    >
      ≠
    </Link>
  );
}

function shown(value: string): string {
  return value === '' ? '(none)' : readable(value.slice(0, 200));
}

function titleOf(key: string, value: string, count: number): string {
  const lines = `${formatNumber(count)} lines`;
  return key === 'severity' ? `${lines}; shows ${value} or worse` : `${lines}; show only these`;
}
