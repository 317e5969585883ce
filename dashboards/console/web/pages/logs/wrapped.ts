/** Whether long lines are wrapped: a habit of the reader, kept over visits and not part of what a link shows. */
import { useCallback, useState } from 'react';

const ITEM = 'plimsoll.logs.wrapped';

export function useWrapped(): readonly [boolean, (wrapped: boolean) => void] {
  const [wrapped, setState] = useState(read);
  const set = useCallback((next: boolean) => {
    setState(next);
    try {
      localStorage.setItem(ITEM, next ? 'yes' : 'no');
    } catch {
      // Without storage it holds until the next load.
    }
  }, []);
  return [wrapped, set];
}

function read(): boolean {
  try {
    return localStorage.getItem(ITEM) === 'yes';
  } catch {
    return false;
  }
}
