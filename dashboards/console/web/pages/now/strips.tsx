import type { ReactNode } from 'react';
import { metricsTarget, tracesTarget, type Target } from '#dashboards/console/core/links.ts';
import { ofService } from '#dashboards/console/core/now/queries.ts';
import { errorLevel, type ServiceSeries } from '#dashboards/console/core/now/services.ts';
import { formatRate } from '#dashboards/console/core/numbers.ts';
import { gridEndMs } from '#dashboards/console/core/prom-series.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Sparkline } from '#dashboards/console/web/parts/sparkline.tsx';
import { markOf, StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import { errorText } from '#dashboards/console/web/pages/now/map-node.tsx';
import type { NowFigures } from '#dashboards/console/web/pages/now/use-now.ts';

interface StripsProps {
  readonly figures: NowFigures;
  /** Worst first. */
  readonly slos: readonly Slo[];
}

/** A wobble below it does not fill the picture. */
const ERROR_RATIO_SCALE = 0.02;

/** One strip a service: rate, errors and 95th percentile on one axis of time. */
export function Strips({ figures, slos }: StripsProps): ReactNode {
  const { services, grid, paths } = figures;
  const axis = (
    <span className="strip-axis hint">
      <Time ms={grid.startMs} />
      <Time ms={gridEndMs(grid)} />
    </span>
  );
  return (
    <Panel
      title="Rate, errors, latency"
      className="wide"
      meaning="of what comes in, by service; each line on its own scale from 0"
      actions={<CopyCurl path={paths.rate} />}
    >
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Rate, errors and latency by service">
        <table className="strips">
          <thead>
            <tr>
              <th>Service</th>
              <th className="strip-slo">SLO</th>
              <th className="number">Rate</th>
              <td className="strip-line" />
              <th className="number">Errors</th>
              <td className="strip-line" />
              <th className="number">p95</th>
              <td className="strip-line" />
            </tr>
          </thead>
          <tbody>
            {services.map((service) => (
              <Strip
                key={service.name}
                service={service}
                slo={slos.find((slo) => slo.service === service.name)}
                windowMs={figures.windowMs}
              />
            ))}
            <tr className="strip-times">
              <td colSpan={3} aria-hidden="true" />
              <td>{axis}</td>
              <td aria-hidden="true" />
              <td>{axis}</td>
              <td aria-hidden="true" />
              <td>{axis}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Strip({
  service,
  slo,
  windowMs,
}: {
  readonly service: ServiceSeries;
  readonly slo: Slo | undefined;
  readonly windowMs: number;
}): ReactNode {
  const { name, now } = service;
  const level = errorLevel(now.errorRatio);
  const errorColor = { none: 'var(--text-3)', some: 'var(--ticket)', many: 'var(--burning)' }[level];
  return (
    <tr>
      <td>
        <To target={tracesTarget(name)} plain>
          <SeriesName name={name} />
        </To>
      </td>
      <td className="strip-slo">
        {slo === undefined ? (
          <span title="No SLO is defined for it.">–</span>
        ) : (
          <StateMark state={markOf(slo)} />
        )}
      </td>
      <td className="number">
        <To target={tracesTarget(name)}>{formatRate(now.rate)}</To>
      </td>
      <td className="strip-line">
        <To target={metricsTarget(ofService('rate', name, windowMs))} label={`Rate of ${name}, as a chart`}>
          <Sparkline values={service.rate} label={`Rate of ${name}`} />
        </To>
      </td>
      <td className={`number errors-${level}`}>
        <To target={tracesTarget(name, { errors: true })}>{errorText(now.errorRatio)}</To>
      </td>
      <td className="strip-line">
        <To
          target={metricsTarget(ofService('errors', name, windowMs))}
          label={`Errors of ${name}, as a chart`}
        >
          <Sparkline
            values={service.errorRatio}
            label={`Share of errors of ${name}`}
            color={errorColor}
            maxAtLeast={ERROR_RATIO_SCALE}
          />
        </To>
      </td>
      <td className="number">
        <To target={slowTarget(service)}>{formatDuration(now.p95Ms)}</To>
      </td>
      <td className="strip-line">
        <To
          target={metricsTarget(ofService('p95', name, windowMs))}
          label={`95th percentile of ${name}, as a chart`}
        >
          <Sparkline values={service.p95Ms} label={`95th percentile of ${name}`} />
        </To>
      </td>
    </tr>
  );
}

/** The items behind a percentile: those that took at least so long. */
function slowTarget({ name, now }: ServiceSeries): Target {
  return tracesTarget(
    name,
    now.p95Ms === null ? {} : { minDuration: `${Math.max(1, Math.round(now.p95Ms * 1000))}us` },
  );
}

function To({
  target,
  label,
  plain,
  children,
}: {
  readonly target: Target;
  readonly label?: string;
  readonly plain?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Link
      to={keepingRange(target.path, target.query)}
      label={label}
      className={plain === true ? 'plain' : undefined}
    >
      {children}
    </Link>
  );
}
