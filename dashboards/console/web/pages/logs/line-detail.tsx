import type { ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { bothZones } from '#dashboards/console/core/times.ts';
import { fieldsOf, type Field, type LogLine } from '#dashboards/console/core/logs/line.ts';
import { addressWith } from '#dashboards/console/core/logs/search.ts';
import { keepingRange, useAddress } from '#dashboards/console/web/data/location.ts';
import { Context } from '#dashboards/console/web/pages/logs/context.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** An opened line: its fields as a table, the way to its trace, and the lines around it. */
export function LineDetail({ line }: { readonly line: LogLine }): ReactNode {
  const { query } = useAddress();
  const around = Number(query.get('context') ?? '0');
  const { traceId, spanId } = line.record;
  const here = (changes: Readonly<Record<string, string | undefined>>): string =>
    addressWith(location.pathname, query, changes);
  const own = here({ row: line.id, at: line.unixNanos, context: undefined });
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
        <Link to={here({ context: around > 0 ? undefined : '10' })}>
          {around > 0 ? 'Hide the lines around it' : `Lines of ${line.service || 'no service'} around it`}
        </Link>
        <Copy text={JSON.stringify(line.record, undefined, 2)} label="copy JSON" />
        <Copy text={`${location.origin}${own}`} label="copy link" />
      </div>
      {around > 0 && <Context line={line} around={around} address={(count) => here({ context: count })} />}
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
  const { name, text, leftOut, raw, filter } = field;
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
          <Link
            to={addressWith(location.pathname, query, { [filter.name]: filter.value })}
            label={`filter for ${name}`}
          >
            filter for
          </Link>
        )}
        <Copy text={raw} label="copy" />
      </td>
    </tr>
  );
}
