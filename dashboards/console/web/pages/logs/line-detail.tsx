import type { ReactNode } from 'react';
import { pathOf, type QueryValue } from '#dashboards/console/core/route.ts';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { bothZones } from '#dashboards/console/core/times.ts';
import { fieldsOf, type Field, type LogLine } from '#dashboards/console/core/logs/line.ts';
import { contextOf } from '#dashboards/console/core/logs/opened.ts';
import { addressWith, filterText, withFilter, type Filter } from '#dashboards/console/core/logs/search.ts';
import { keepingRange, useAddress } from '#dashboards/console/web/data/location.ts';
import { Context } from '#dashboards/console/web/pages/logs/context.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** An opened line: its fields as a table, the way to its trace, and the lines around it. */
export function LineDetail({ line }: { readonly line: LogLine }): ReactNode {
  const { query } = useAddress();
  const around = contextOf(query, line.id);
  const { traceId, spanId } = line.record;
  const here = (changes: Readonly<Record<string, QueryValue>>): string =>
    addressWith(location.pathname, query, changes);
  const own = here({ row: line.id, at: line.unixNanos, context: undefined, of: undefined });
  const showing = (count: string): string => here({ context: count, of: line.id });
  return (
    <div className="log-detail">
      <div className="toolbar">
        <span className="label">{bothZones(line.timeMs)}</span>
        <span className="hint mono">{line.unixNanos} ns</span>
        {traceId !== null && (
          <Link to={keepingRange(pathOf({ page: 'trace', id: traceId }), { span: spanId ?? undefined })}>
            {spanId === null ? 'Open its trace' : 'Open its span in the trace'}
          </Link>
        )}
        <Link to={around > 0 ? here({ context: undefined, of: undefined }) : showing('10')}>
          {around > 0 ? 'Hide the lines around it' : `Lines of ${line.service || 'no service'} around it`}
        </Link>
        <Copy text={JSON.stringify(line.record, undefined, 2)} label="copy JSON" />
        <Copy text={`${location.origin}${own}`} label="copy link" />
      </div>
      {around > 0 && <Context line={line} around={around} address={showing} />}
      <div className="scroll-x">
        <table className="log-fields">
          {fieldsOf(line).map(({ name, fields }) => (
            <tbody key={name}>
              <tr>
                <th colSpan={3} scope="rowgroup">
                  {name}
                </th>
              </tr>
              {fields.map((field) => (
                <FieldRow key={field.name} field={field} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </div>
  );
}

function FieldRow({ field }: { readonly field: Field }): ReactNode {
  const { query } = useAddress();
  const { name, text, leftOut, raw, filter, exclusion } = field;
  const withMore = (more: Filter): string => addressWith(location.pathname, query, withFilter(query, more));
  return (
    <tr>
      <th scope="row" className="mono">
        {name}
      </th>
      <td>
        <pre>
          <bdi>{text}</bdi>
        </pre>
        {leftOut > 0 && (
          <p className="hint">… {formatNumber(leftOut)} more characters; the copy has them all</p>
        )}
      </td>
      <td className="log-field-actions">
        {filter !== undefined && (
          <Link to={withMore(filter)} label={`filter for ${name}`}>
            filter for
          </Link>
        )}
        {exclusion !== undefined && (
          <Link
            to={withMore(exclusion)}
            label={`filter out ${name}`}
            title={`Leaves out: ${filterText(exclusion)}`}
          >
            out
          </Link>
        )}
        <Copy text={raw} label="copy" />
      </td>
    </tr>
  );
}
