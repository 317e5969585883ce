import type { ReactNode } from 'react';
import { boardUrl, type BoardSubject } from '#dashboards/console/core/grafana.ts';
import type { TimeRange } from '#dashboards/console/core/time-range.ts';
import { useGrafana } from '#dashboards/console/web/data/grafana.ts';
import { useTimeRange } from '#dashboards/console/web/data/location.ts';

interface GrafanaLinkProps {
  readonly subject: BoardSubject;
  /** The page's own by default. */
  readonly range?: TimeRange;
}

/** The same in Grafana, in a tab of its own; nothing where the platform knows of no Grafana. */
export function GrafanaLink({ subject, range }: GrafanaLinkProps): ReactNode {
  const base = useGrafana();
  const [ofPage] = useTimeRange();
  if (base === undefined) return null;
  const url = boardUrl(subject, { base, range: range ?? ofPage, console: location.origin });
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      Open in Grafana
    </a>
  );
}
