/**
 * A GET as state of a component. What was there stays on screen while the next
 * answer is awaited or has failed; the page says since when it is stale.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { retryDelayMs } from '#dashboards/console/core/backoff.ts';
import { getJson, type ApiError } from '#dashboards/console/web/data/client.ts';

export interface Loaded<T> {
  /** Undefined until the first answer. */
  readonly data: T | undefined;
  /** Of the last try; gone with the next answer. */
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** When the last good answer came, if the present one failed. */
  readonly staleSinceMs: number | undefined;
  readonly reload: () => void;
}

interface State<T> {
  readonly key: string;
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly answeredMs: number | undefined;
}

const NOTHING = { data: undefined, error: undefined, answeredMs: undefined };

export interface UseJsonOptions {
  /** Asked again after so long; not when undefined, nor while the tab is hidden. */
  readonly everyMs?: number | undefined;
  /** Data of another URL with the same key stays on screen meanwhile; the URL itself by default. */
  readonly keepAs?: string | undefined;
}

/** @param url undefined: nothing is asked */
export function useJson<T>(url: string | undefined, options: UseJsonOptions = {}): Loaded<T> {
  const { everyMs, keepAs } = options;
  const key = keepAs ?? url ?? '';
  const [state, setState] = useState<State<T>>({ key, loading: url !== undefined, ...NOTHING });
  const [turn, setTurn] = useState(0);
  const failures = useRef(0);
  useEffect(() => {
    if (url === undefined) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      setState((before) =>
        before.key === key ? { ...before, loading: true } : { key, loading: true, ...NOTHING },
      );
      let nextMs = everyMs;
      try {
        const data = await getJson<T>(url, abort.signal);
        failures.current = 0;
        setState({ key, data, error: undefined, loading: false, answeredMs: Date.now() });
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, error: error as ApiError, loading: false }));
        nextMs =
          everyMs === undefined
            ? undefined
            : Math.max(everyMs, retryDelayMs(failures.current, Math.random()));
        failures.current += 1;
      }
      if (nextMs !== undefined) timer = setTimeout(again, nextMs);
    };
    const again = (): void => {
      if (document.hidden) timer = setTimeout(again, everyMs);
      else void ask();
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [url, key, everyMs, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const mine = state.key === key;
  return {
    data: mine ? state.data : undefined,
    error: mine ? state.error : undefined,
    loading: mine ? state.loading : url !== undefined,
    staleSinceMs: mine && state.error !== undefined ? state.answeredMs : undefined,
    reload,
  };
}
