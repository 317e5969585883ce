import type { ReactNode } from 'react';

/** New rows that wait, so that those being read stay in place. */
export function Waiting({
  count,
  onShow,
}: {
  readonly count: number;
  readonly onShow: () => void;
}): ReactNode {
  if (count <= 0) return null;
  return (
    <button type="button" className="waiting" onClick={onShow}>
      {count} new, show
    </button>
  );
}
