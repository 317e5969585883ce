import {
  createContext,
  useCallback,
  useContext,
  useLayoutEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react';
import { seriesSlot, seriesStyles, type SeriesStyle } from '#dashboards/console/core/series-color.ts';

interface Styles {
  readonly of: ReadonlyMap<string, SeriesStyle>;
  /** Tells of a service that is shown and was not announced. */
  readonly meet: (name: string) => void;
}

const Shared = createContext<Styles>({ of: new Map(), meet: () => undefined });
/** Patterns that the style sheet knows: full, hollow, striped. */
const PATTERNS = 3;
/** Far more than can be told apart; hostile names may come without end. */
const MET_MAX = 64;
const NONE: readonly string[] = [];

/**
 * Services of a page: each its colour while there are six; those that share one
 * are told apart by a pattern. What is shown counts by itself; names are given
 * where more are to come, so that none changes its colour then.
 */
export function ServiceStyles(props: {
  readonly names?: readonly string[];
  readonly children: ReactNode;
}): ReactNode {
  const { names = NONE, children } = props;
  const [met, setMet] = useState(NONE);
  const meet = useCallback((name: string) => setMet((before) => withName(before, name)), []);
  // Sorted: lists of names come by how much each has to say, and nothing is drawn anew for that.
  const written = JSON.stringify([...new Set([...names, ...met])].toSorted());
  const of = useMemo(() => seriesStyles(JSON.parse(written) as readonly string[]), [written]);
  const styles = useMemo(() => ({ of, meet }), [of, meet]);
  return <Shared value={styles}>{children}</Shared>;
}

function withName(before: readonly string[], name: string): readonly string[] {
  return before.includes(name) || before.length >= MET_MAX ? before : [...before, name];
}

/** Classes that give an element the colour and the pattern of a service. */
export function useServiceClass(name: string): string {
  const { of, meet } = useContext(Shared);
  const style = of.get(name);
  const isNew = style === undefined;
  // Before it is painted, so that nothing changes its colour in sight.
  useLayoutEffect(() => {
    if (isNew) meet(name);
  }, [isNew, meet, name]);
  const { slot, dash } = style ?? { slot: seriesSlot(name), dash: 0 };
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
