import type { ReactNode } from 'react';
import { Time } from '#dashboards/console/web/parts/time.tsx';

/** Since when what is shown has not been told anew; nothing while it is. */
export function Stale({ sinceMs }: { readonly sinceMs: number | undefined }): ReactNode {
  if (sinceMs === undefined) return null;
  return (
    <span className="stale" role="status">
      ◆ stale since <Time ms={sinceMs} />
    </span>
  );
}
