import type { ReactNode } from 'react';

interface BarProps {
  /** 0 … 1; what is beyond is drawn full. */
  readonly ratio: number;
  /** Value of a CSS colour, `var(--ok)` for example. */
  readonly color: string;
  /** What it shows, for who cannot see it. */
  readonly label: string;
}

/** A share as a horizontal bar. */
export function Bar({ ratio, color, label }: BarProps): ReactNode {
  const percent = Math.min(100, Math.max(0, ratio * 100));
  return (
    <div className="bar-track" role="img" aria-label={label} title={label}>
      <div className="bar-fill" style={{ width: `${percent}%`, background: color }} />
    </div>
  );
}
