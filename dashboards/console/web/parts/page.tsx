import { useEffect, useRef, type ReactNode } from 'react';
import { Stale } from '#dashboards/console/web/parts/stale.tsx';

interface PageProps {
  readonly title: string;
  /** The state of this page in one sentence. */
  readonly says?: ReactNode;
  readonly actions?: ReactNode;
  readonly staleSinceMs?: number | undefined;
  readonly children: ReactNode;
}

/** The head of a page and the place for its panels. */
export function Page({ title, says, actions, staleSinceMs, children }: PageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Plimsoll`;
  }, [title]);
  return (
    <main className="page" id="page">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p className="state-line" aria-live="polite">
          {says}
        </p>
        <Stale sinceMs={staleSinceMs} />
        {actions !== undefined && <div className="actions">{actions}</div>}
      </div>
      {children}
    </main>
  );
}
