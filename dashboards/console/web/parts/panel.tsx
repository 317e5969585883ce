import { useEffect, useId, useState, type ReactNode } from 'react';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';

/** Waiting shorter than this is not shown. */
const PATIENCE_MS = 400;

interface PanelProps {
  readonly title: string;
  /** One line: what the figures mean. */
  readonly meaning?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string | undefined;
  /** An answer is awaited. */
  readonly loading?: boolean | undefined;
  readonly error?: ApiError | undefined;
  /** Beside the page's main matter, called so; without it an ordinary region. */
  readonly aside?: string | undefined;
  readonly children: ReactNode;
}

/** A titled region. Its frame stands at once; an error is told inside it and takes nothing else away. */
export function Panel({
  title,
  meaning,
  actions,
  className,
  loading,
  error,
  aside,
  children,
}: PanelProps): ReactNode {
  const id = useId();
  const Region = aside === undefined ? 'section' : 'aside';
  const awaiting = useSlow(loading === true);
  return (
    <Region
      className={`panel ${className ?? ''}`}
      aria-label={aside}
      aria-labelledby={aside === undefined ? id : undefined}
      aria-busy={loading === true}
    >
      {awaiting && <div className="awaiting" role="status" aria-label={`${title}: waiting for the answer`} />}
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {meaning !== undefined && <span className="meaning">{meaning}</span>}
        {actions !== undefined && <div className="actions">{actions}</div>}
      </div>
      {error !== undefined && <Failure error={error} />}
      {children}
    </Region>
  );
}

function useSlow(active: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) {
      setSlow(false);
      return undefined;
    }
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [active]);
  return slow;
}
