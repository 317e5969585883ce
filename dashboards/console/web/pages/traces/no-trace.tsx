import type { ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface NoTraceProps {
  readonly id: string;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
}

/** The trace is not there, or not yet. */
export function NoTrace({ id, error, loading }: NoTraceProps): ReactNode {
  const isMissing = error?.status === 404;
  return (
    <Panel title="Waterfall" loading={loading && error === undefined} error={isMissing ? undefined : error}>
      {isMissing && (
        <Empty>
          <p>
            No span of <span className="mono">{nameText(id)}</span> is stored. It may still be on its way, may
            not have been sampled, or is older than what is kept. It is asked for again every two seconds.
          </p>
          <p>
            <Link to={keepingRange(pathOf({ page: 'traces' }))}>Search for traces</Link>
          </p>
        </Empty>
      )}
    </Panel>
  );
}
