import type { ReactNode } from 'react';

/** Nothing there: why, and what to do about it. */
export function Empty({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="empty">{children}</div>;
}
