import type { ReactNode } from 'react';
import { traceTarget } from '#dashboards/console/core/links.ts';
import type { Exemplar } from '#dashboards/console/core/metrics/exemplars.ts';
import { serviceOf } from '#dashboards/console/core/metrics/series-set.ts';
import { MISSING, shortId } from '#dashboards/console/core/numbers.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { formatIn } from '#dashboards/console/web/pages/metrics/format.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface ExemplarTableProps {
  readonly exemplars: readonly Exemplar[];
  /** Of all that came. */
  readonly count: number;
}

/** The highest single observations, each with its trace. */
export function ExemplarTable({ exemplars, count }: ExemplarTableProps): ReactNode {
  return (
    <div>
      <div className="panel-head">
        <h3>Exemplars</h3>
        <span className="meaning">
          ◇ on the chart: the highest {exemplars.length} of {count}; each opens the span it was
        </span>
      </div>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Exemplars">
        <table>
          <thead>
            <tr>
              <th className="number">Value</th>
              <th>Time</th>
              <th>Service</th>
              <th>Trace</th>
            </tr>
          </thead>
          <tbody>
            {exemplars.map((one) => (
              <tr key={`${one.traceId} ${one.spanId ?? ''} ${one.value}`}>
                <td className="number">{formatIn(one.unit, one.value)}</td>
                <td>
                  <Time ms={one.timeMs} />
                </td>
                <td>
                  <Service exemplar={one} />
                </td>
                <td className="mono">
                  <TraceLink exemplar={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Service({ exemplar }: { readonly exemplar: Exemplar }): ReactNode {
  const service = serviceOf(exemplar.labels);
  return service === undefined ? MISSING : <SeriesName name={service} />;
}

function TraceLink({ exemplar }: { readonly exemplar: Exemplar }): ReactNode {
  const { path, query } = traceTarget(exemplar.traceId, exemplar.spanId);
  return <Link to={keepingRange(path, query)}>{shortId(exemplar.traceId)}</Link>;
}
