/** Keeps the rows being read where they are: what comes meanwhile is announced, and shown when asked for. */
import { useEffect, useState } from 'react';
import { steady, type Steady } from '#dashboards/console/core/steady.ts';

/** Above this the head of the page is in sight, and nobody reads rows that would move away. */
const SCROLLED_PX = 120;

/** @param show what was held back is shown from now on */
export function useSteady<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Steady<T> & { readonly show: () => void } {
  const [held, setHeld] = useState<readonly string[] | undefined>(undefined);
  useEffect(() => {
    const onScroll = (): void => {
      const reading = scrollY > SCROLLED_PX;
      setHeld((before) => (reading ? (before ?? items.map(keyOf)) : undefined));
    };
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, [items, keyOf]);
  return { ...steady(items, keyOf, held), show: () => setHeld(items.map(keyOf)) };
}
