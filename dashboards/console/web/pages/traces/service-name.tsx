import type { ReactNode } from 'react';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';

/** A service with its colour; its name as it can be read. */
export function ServiceName({ name, count }: { readonly name: string; readonly count?: number }): ReactNode {
  return (
    <span className={`service ${useServiceClass(name)}`}>
      <span className="swatch" aria-hidden="true" /> {nameText(name)}
      {count !== undefined && <span className="hint"> {count}</span>}
    </span>
  );
}
