import { useEffect, useRef, type ReactNode } from 'react';
import { ServiceStyles } from '#dashboards/console/web/parts/series-name.tsx';
import { Stale } from '#dashboards/console/web/parts/stale.tsx';

interface PageProps {
  readonly title: string;
  /** The state of this page in one sentence. */
  readonly says?: ReactNode;
  readonly actions?: ReactNode;
  readonly staleSinceMs?: number | undefined;
  /** Services that may come to be shown here, where they are known beforehand. */
  readonly services?: readonly string[] | undefined;
  readonly children: ReactNode;
}

/** The head of a page and the place for its panels. */
export function Page(props: PageProps): ReactNode {
  const { title, says, actions, staleSinceMs, services, children } = props;
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
      <ServiceStyles names={services ?? []}>{children}</ServiceStyles>
    </main>
  );
}
