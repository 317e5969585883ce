/** Who sits here, as they said: acknowledgements, notes and silences carry it. */
import { useSyncExternalStore } from 'react';

const ITEM = 'plimsoll.person';
const listeners = new Set<() => void>();
let unsaved = '';

function present(): string {
  try {
    return localStorage.getItem(ITEM) ?? unsaved;
  } catch {
    return unsaved;
  }
}

/** '' until somebody has said it. */
export function usePerson(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, present);
}

export function rememberPerson(name: string): void {
  unsaved = name;
  try {
    localStorage.setItem(ITEM, name);
  } catch {
    // Without storage it holds until the next load.
  }
  for (const listener of listeners) listener();
}
