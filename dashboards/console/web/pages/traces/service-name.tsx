import type { ReactNode } from 'react';
import { seriesSlot } from '#dashboards/console/core/series-color.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';

/** A service with the colour it has everywhere; its name as it can be read. */
export function ServiceName({ name, count }: { readonly name: string; readonly count?: number }): ReactNode {
  return (
    <span className={`service series-${seriesSlot(name)}`}>
      <span className="swatch" aria-hidden="true" /> {nameText(name)}
      {count !== undefined && <span className="hint"> {count}</span>}
    </span>
  );
}
