import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { seriesSlot, seriesStyles, type SeriesStyle } from '#dashboards/console/core/series-color.ts';

const Styles = createContext<ReadonlyMap<string, SeriesStyle>>(new Map());
/** Patterns that the style sheet knows: full, hollow, striped. */
const PATTERNS = 3;

/** Services of a page: each its colour while there are six; those that share one are told apart by a pattern. */
export function ServiceStyles(props: {
  readonly names: readonly string[];
  readonly children: ReactNode;
}): ReactNode {
  const { names, children } = props;
  const written = JSON.stringify(names);
  const styles = useMemo(() => seriesStyles(JSON.parse(written) as readonly string[]), [written]);
  return <Styles value={styles}>{children}</Styles>;
}

/** Classes that give an element the colour and the pattern of a service. */
export function useServiceClass(name: string): string {
  const { slot, dash } = useContext(Styles).get(name) ?? { slot: seriesSlot(name), dash: 0 };
  return `series-${slot} pattern-${dash % PATTERNS}`;
}

/** A service with the colour it has everywhere. */
export function SeriesName({ name }: { readonly name: string }): ReactNode {
  return (
    <span className={useServiceClass(name)}>
      <span className="swatch" aria-hidden="true" /> {name}
    </span>
  );
}
