import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

interface MenuProps {
  readonly label: ReactNode;
  /** For who cannot see the label. */
  readonly name: string;
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a list; Escape, a choice and a click elsewhere close it. */
export function Menu({ label, name, children }: MenuProps): ReactNode {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false);
    };
    addEventListener('pointerdown', away);
    return () => removeEventListener('pointerdown', away);
  }, [open]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      close();
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveFocus(root.current, event);
  };
  return (
    <div className="menu" ref={root} onKeyDown={onKey}>
      <button
        type="button"
        ref={button}
        aria-label={name}
        aria-expanded={open}
        aria-haspopup="true"
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && <div className="menu-list appears">{children(close)}</div>}
    </div>
  );
}

function moveFocus(root: HTMLElement | null, event: KeyboardEvent): void {
  const items = [
    ...(root?.querySelectorAll<HTMLElement>('.menu-list a, .menu-list button, .menu-list input') ?? []),
  ];
  if (items.length === 0) return;
  event.preventDefault();
  const at = items.findIndex((item) => item === document.activeElement);
  const next = (at + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length;
  items[next]?.focus();
}
