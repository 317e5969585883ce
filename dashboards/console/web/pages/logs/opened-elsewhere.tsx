import type { ReactNode } from 'react';
import { lineOf } from '#dashboards/console/core/logs/line.ts';
import { withToggled } from '#dashboards/console/core/logs/opened.ts';
import { addressWith, logsPath } from '#dashboards/console/core/logs/search.ts';
import { changeQuery, useAddress } from '#dashboards/console/web/data/location.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import type { LogPage } from '#dashboards/console/web/data/own-api.ts';
import { Line } from '#dashboards/console/web/pages/logs/line.tsx';
import { LineDetail } from '#dashboards/console/web/pages/logs/line-detail.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** Lines of one nanosecond are few. */
const LINES_MAX = 1000;

interface OpenedElsewhereProps {
  readonly id: string;
  readonly unixNanos: string;
}

/** The line that a link leads to, when the search of the page does not (or no longer) bring it. */
export function OpenedElsewhere({ id, unixNanos }: OpenedElsewhereProps): ReactNode {
  const { query } = useAddress();
  const limit = String(LINES_MAX);
  const loaded = useJson<LogPage>(logsPath('', [], { start: unixNanos, end: unixNanos, limit }));
  const record = loaded.data?.records.find((one) => one.id === id);
  const close = withToggled(query, { id, unixNanos });
  if (loaded.error !== undefined) return <Failure error={loaded.error} />;
  if (loaded.data === undefined) return null;
  if (record === undefined)
    return (
      <p className="hint">
        The line this address names is no longer kept.{' '}
        <Link to={addressWith(location.pathname, query, close)}>Close it</Link>
      </p>
    );
  const line = lineOf(record);
  return (
    <section className="log-elsewhere is-wrapped" aria-label="The line of this address">
      <p className="hint">The line of this address; it is not among the lines below.</p>
      <Line line={line} open wrapped selected={false} onToggle={() => changeQuery(close)} />
      <LineDetail line={line} />
    </section>
  );
}
