import { useMemo, type ReactNode } from 'react';
import { logsTarget, tracesTarget } from '#dashboards/console/core/links.ts';
import type { QueryUnit } from '#dashboards/console/core/metrics/query-unit.ts';
import {
  serviceOf,
  type SeriesSet,
  type TableRow,
  type ValueTable,
} from '#dashboards/console/core/metrics/series-set.ts';
import type { SeriesStyle } from '#dashboards/console/core/series-color.ts';
import { MISSING } from '#dashboards/console/core/numbers.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { formatIn } from '#dashboards/console/web/pages/metrics/format.ts';
import { DASHES } from '#dashboards/console/web/parts/chart.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

interface ValuesProps {
  readonly title: string;
  readonly table: ValueTable;
  readonly set: SeriesSet;
  readonly unit: QueryUnit['unit'];
  readonly path: string | undefined;
}

/** Columns beyond this make one text: a table wider than that is not compared by column. */
const COLUMNS_MAX = 5;

/** The values of a moment, highest first; also the legend of the chart. */
export function Values({ title, table, set, unit, path }: ValuesProps): ReactNode {
  const { rows, more } = table;
  const columns = table.columns.length > COLUMNS_MAX ? [] : table.columns;
  const common = Object.entries(table.common);
  // A row without its metric name is the same line: functions take the name away.
  const styles = useMemo(() => new Map(set.series.map(({ key, style }) => [key, style])), [set]);
  if (rows.length === 0)
    return <p className="hint">No value at the end of the range: these series ended before it.</p>;
  return (
    <div>
      <div className="panel-head">
        <h3>{title}</h3>
        {common.length > 0 && (
          <span className="meaning mono">
            {common.map(([name, value]) => `${name}="${value}"`).join(', ')}
          </span>
        )}
        {path !== undefined && (
          <div className="actions">
            <CopyCurl path={path} />
          </div>
        )}
      </div>
      <div className="scroll-x values" tabIndex={0} role="group" aria-label={`${title}, values`}>
        <table>
          <thead>
            <tr>
              <th aria-label="Line on the chart" />
              <th className="number">Value</th>
              {columns.length === 0 ? <th>Series</th> : columns.map((name) => <th key={name}>{name}</th>)}
              <th>Behind it</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <td>
                  <LineSample style={styles.get(row.key)} />
                </td>
                <td className="number">{valueText(row, unit)}</td>
                {columns.length === 0 ? (
                  <td className="mono">{nameOf(row, table.columns)}</td>
                ) : (
                  columns.map((name) => (
                    <td key={name} data-label={name}>
                      {row.labels[name] ?? MISSING}
                    </td>
                  ))
                )}
                <td>
                  <Behind row={row} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className="hint">and {more} lower ones that are not listed</p>}
    </div>
  );
}

function valueText({ value, text, samples }: TableRow, unit: QueryUnit['unit']): string {
  const shown = value === null ? text : formatIn(unit, value);
  return samples > 1 ? `${shown} (last of ${samples})` : shown;
}

function nameOf({ labels }: TableRow, varying: readonly string[]): string {
  if (varying.length === 0) return labels['__name__'] ?? 'value';
  return varying
    .filter((name) => labels[name] !== undefined)
    .map((name) => `${name}="${labels[name]}"`)
    .join(', ');
}

/** The line as it is on the chart; nothing where it is not drawn. */
function LineSample({ style }: { readonly style: SeriesStyle | undefined }): ReactNode {
  if (style === undefined) return null;
  const dashes = DASHES[style.dash % DASHES.length] ?? [];
  return (
    <svg className={`line-sample series-${style.slot}`} width="24" height="8" aria-hidden="true">
      <path d="M0 4H24" strokeWidth="2" strokeDasharray={dashes.join(' ')} />
    </svg>
  );
}

/** Where a series names a service: what that service did in the same time. */
function Behind({ row }: { readonly row: TableRow }): ReactNode {
  const service = serviceOf(row.labels) ?? row.labels['server'];
  if (service === undefined) return MISSING;
  const traces = tracesTarget(
    service,
    row.labels['span_name'] === undefined ? {} : { operation: row.labels['span_name'] },
  );
  const logs = logsTarget(service);
  return (
    <span className="behind">
      <Link to={keepingRange(traces.path, traces.query)} label={`Traces of ${service}`}>
        traces
      </Link>{' '}
      <Link to={keepingRange(logs.path, logs.query)} label={`Logs of ${service}`}>
        logs
      </Link>
    </span>
  );
}
