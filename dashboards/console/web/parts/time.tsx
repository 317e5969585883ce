import type { ReactNode } from 'react';
import { bothZones, formatAgo, formatClock, formatTime } from '#dashboards/console/core/times.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';

/** A time of the day in the reader's zone; the hover says both zones. */
export function Time({ ms, exact }: { readonly ms: number; readonly exact?: boolean }): ReactNode {
  const now = useNow();
  return (
    <time dateTime={isoOf(ms)} title={bothZones(ms)}>
      {exact === true ? formatTime(ms, now) : formatClock(ms, now)}
    </time>
  );
}

/** How long ago; the hover says when. */
export function Ago({ ms }: { readonly ms: number }): ReactNode {
  const now = useNow();
  return (
    <time dateTime={isoOf(ms)} title={bothZones(ms)}>
      {formatAgo(ms, now)}
    </time>
  );
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
