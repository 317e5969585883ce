import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatClock } from '#dashboards/console/core/times.ts';
import { absoluteRange } from '#dashboards/console/core/time-range.ts';
import { BANDS, type Bars } from '#dashboards/console/core/logs/histogram.ts';
import { addressWith } from '#dashboards/console/core/logs/search.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import { WORDS } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** The histogram for who cannot see it, newest first; each time leads to its lines. */
export function HistogramTable({ bars }: { readonly bars: Bars }): ReactNode {
  const { query } = useAddress();
  const now = Date.now();
  const buckets = bars.buckets.filter(({ total }) => total > 0).toReversed();
  return (
    <div className="scroll-x chart-table" tabIndex={0} role="group" aria-label="Lines over time, table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" className="number">
              Lines
            </th>
            {BANDS.map((band) => (
              <th key={band} scope="col" className="number">
                {WORDS[band]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket) => (
            <tr key={bucket.startMs}>
              <td>
                <Link to={addressWith(location.pathname, query, { ...absoluteRange(bucket) })}>
                  {formatClock(bucket.startMs, now)}
                </Link>
              </td>
              <td className="number">{formatNumber(bucket.total)}</td>
              {BANDS.map((band) => (
                <td key={band} className="number">
                  {formatNumber(bucket.counts[band])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {buckets.length === 0 && <p className="hint">No lines in this time.</p>}
    </div>
  );
}
