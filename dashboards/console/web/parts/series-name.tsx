import type { ReactNode } from 'react';
import { seriesSlot } from '#dashboards/console/core/series-color.ts';

/** A service with the colour it has everywhere. */
export function SeriesName({ name }: { readonly name: string }): ReactNode {
  return (
    <span className={`series-${seriesSlot(name)}`}>
      <span className="swatch" aria-hidden="true" /> {name}
    </span>
  );
}
