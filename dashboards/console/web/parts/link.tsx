import type { MouseEvent, ReactNode } from 'react';
import { navigate } from '#dashboards/console/web/data/location.ts';

/** An ordinary link that stays within the page; ctrl, middle click and copying work as with any other. */
export function Link(props: {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly title?: string | undefined;
  readonly current?: boolean | undefined;
  readonly label?: string | undefined;
  /** After it was followed within the page. */
  readonly onFollow?: (() => void) | undefined;
}): ReactNode {
  const { to, children, className, title, current, label, onFollow } = props;
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
    scrollTo(0, 0);
    onFollow?.();
  };
  return (
    <a
      href={to}
      className={className}
      title={title}
      aria-label={label}
      aria-current={current === true ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}
