import type { ReactNode } from 'react';
import { pathOf, type QueryValue } from '#dashboards/console/core/route.ts';
import { addressWith, filtersOf, filterText, withoutFilters } from '#dashboards/console/core/logs/search.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** Nothing found: which filter to take away, a longer time, or how to send a first line. */
export function NoLines({ waiting }: { readonly waiting: boolean }): ReactNode {
  const { query } = useAddress();
  const filters = filtersOf(query);
  const here = (changes: Readonly<Record<string, QueryValue>>): string =>
    addressWith(location.pathname, query, changes);
  if (waiting) return <Empty>Nothing until you came; new lines wait above.</Empty>;
  const longer = (
    <>
      <Link to={here({ from: 'now-24h', to: 'now' })}>Look at the last 24 h</Link> or{' '}
      <Link to={here({ from: 'now-30d', to: 'now' })}>30 d</Link>
    </>
  );
  if (filters.length > 0)
    return (
      <Empty>
        <p>No line in this time matches all filters. {longer}, or take one away:</p>
        <ul className="chips">
          {filters.map((filter) => (
            <li key={filterText(filter)} className="chip">
              <Link to={here(withoutFilters(query, [filter]))}>✕ {filterText(filter)}</Link>
            </li>
          ))}
        </ul>
      </Empty>
    );
  const curl = firstLine(Date.now());
  return (
    <Empty>
      <p>
        No line was written in this time. {longer}. If none ever came: services started with the SDK send
        their lines by themselves, <code>npm start</code> starts some that do, and this sends one by hand to
        the receiver at its usual port. What was refused, and why, is on the{' '}
        <Link to={pathOf({ page: 'pipeline' })}>Pipeline</Link> page.
      </p>
      <pre>{curl}</pre>
      <Copy text={curl} label="copy" />
    </Empty>
  );
}

function firstLine(nowMs: number): string {
  const record = {
    timeUnixNano: `${nowMs}000000`,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'hello from curl' },
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'my-service' } }] };
  const body = JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
  return `curl -s 'http://${location.hostname}:4318/v1/logs' -H 'content-type: application/json' -d '${body}'`;
}
