import { useEffect, useRef } from 'react';

/** False where the key meant something else; anything else says that it was taken. */
export type KeyHandler = (event: KeyboardEvent) => boolean | void;

/** Keys of a page; what is typed into a field, taken by a part or by the frame is left alone. */
export function usePageKeys(keys: Readonly<Record<string, KeyHandler>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isField(event.composedPath()[0]) || document.querySelector('dialog[open]') !== null) return;
      const { current } = latest;
      if (!Object.hasOwn(current, event.key)) return;
      if (current[event.key]?.(event) !== false) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function isField(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
