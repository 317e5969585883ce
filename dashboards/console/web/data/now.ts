/** The present as state: pages that are live follow it, others stand still. */
import { useMemo, useSyncExternalStore } from 'react';
import { isLive, resolveRange, type Interval } from '#dashboards/console/core/time-range.ts';
import { useTimeRange } from '#dashboards/console/web/data/location.ts';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

/** Milliseconds since the Unix epoch, a second exact. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** The interval that the page shows; a live one moves on every `stepMs`. */
export function useInterval(stepMs = 5000): Interval & { readonly live: boolean } {
  const [range] = useTimeRange();
  const stepped = useSyncExternalStore(subscribe, () => Math.ceil(nowMs / stepMs) * stepMs);
  return useMemo(() => ({ ...resolveRange(range, stepped), live: isLive(range) }), [range, stepped]);
}
