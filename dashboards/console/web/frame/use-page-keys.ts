import { useEffect, useRef } from 'react';
import { onKeys } from '#dashboards/console/web/frame/keyboard.ts';

/** False where the key meant something else; anything else says that it was taken. */
export type KeyHandler = (event: KeyboardEvent) => boolean | void;

/** Keys of a page, before those of the frame; what is typed into a field or taken by a part is left alone. */
export function usePageKeys(keys: Readonly<Record<string, KeyHandler>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(
    () =>
      onKeys((event) => {
        const { current } = latest;
        if (document.querySelector('dialog[open]') !== null) return false;
        return Object.hasOwn(current, event.key) && current[event.key]?.(event) !== false;
      }),
    [],
  );
}
