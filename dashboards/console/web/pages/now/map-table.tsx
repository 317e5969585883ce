import type { ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import type { Call } from '#dashboards/console/core/now/services.ts';
import { formatRate, MISSING } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { errorText } from '#dashboards/console/web/pages/now/map-node.tsx';
import type { MapService } from '#dashboards/console/web/pages/now/map-service.ts';

interface MapTableProps {
  readonly services: readonly MapService[];
  readonly calls: readonly Call[];
}

/** The map in rows: the same figures, and who calls whom. */
export function MapTable({ services, calls }: MapTableProps): ReactNode {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Services, table">
      <table>
        <thead>
          <tr>
            <th>Service</th>
            <th>Worst SLO</th>
            <th className="number">Rate</th>
            <th className="number">Errors</th>
            <th className="number">p95</th>
            <th>Calls</th>
          </tr>
        </thead>
        <tbody>
          {services.map((service) => (
            <MapRow key={service.name} service={service} calls={calls} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MapRow({
  service,
  calls,
}: {
  readonly service: MapService;
  readonly calls: readonly Call[];
}): ReactNode {
  const { name, now, mark, worstSlo, seenBy } = service;
  const traces = tracesTarget(seenBy);
  const failing = tracesTarget(seenBy, { errors: true });
  return (
    <tr>
      <td>
        <Link to={keepingRange(traces.path, traces.query)} className="plain">
          <SeriesName name={name} />
        </Link>
      </td>
      <td>
        {mark === undefined || worstSlo === undefined ? (
          <span title="No SLO is defined for it.">{MISSING}</span>
        ) : (
          <Link to={keepingRange(pathOf({ page: 'slo', id: worstSlo.id }))} className="plain">
            <StateMark state={mark} />
          </Link>
        )}
      </td>
      <td className="number">{formatRate(now.rate)}</td>
      <td className="number">
        <Link to={keepingRange(failing.path, failing.query)}>{errorText(now.errorRatio)}</Link>
      </td>
      <td className="number">{formatDuration(now.p95Ms)}</td>
      <td>
        {calls
          .filter(({ from }) => from === name)
          .map(
            ({ to, rate, errorRatio }) =>
              `${to} ${formatRate(rate)}${(errorRatio ?? 0) > 0 ? ` (${errorText(errorRatio)} fail)` : ''}`,
          )
          .join(', ') || MISSING}
      </td>
    </tr>
  );
}
