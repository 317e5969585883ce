/** Dark or light: the system's choice until a person makes one. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'dark' | 'light';

const ITEM = 'plimsoll.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };
const listeners = new Set<() => void>();

function present(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'dark' || theme === 'light' ? theme : 'system';
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, present);
}

/** System, dark, light, and round again. */
export function nextTheme(): void {
  const theme = NEXT[present()];
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(ITEM);
    else localStorage.setItem(ITEM, theme);
  } catch {
    // Without storage it holds until the next load.
  }
  for (const listener of listeners) listener();
}
