/** The lines of a search as state: pages as they are asked for, and what arrives meanwhile. */
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { retryDelayMs } from '#dashboards/console/core/backoff.ts';
import { resolveRange, isLive, type TimeRange } from '#dashboards/console/core/time-range.ts';
import type { LogTail, LogTailTrouble } from '#dashboards/console/core/logs/answers.ts';
import { lineOf, type LogLine } from '#dashboards/console/core/logs/line.ts';
import {
  LINES_MAX,
  NO_LINES,
  TAIL_LINES_MAX,
  withArrived,
  withPage,
  withWaitingShown,
  type LineList,
} from '#dashboards/console/core/logs/list.ts';
import { logsPath, toNanos, type Filter } from '#dashboards/console/core/logs/search.ts';
import { getJson, type ApiError } from '#dashboards/console/web/data/client.ts';
import { listen } from '#dashboards/console/web/data/event-stream.ts';
import type { LogPage } from '#dashboards/console/web/data/own-api.ts';

/** Fills the screen some times over, and is parsed and drawn within a frame or two. */
const PAGE_LINES = 300;
/** After a lost connection so many lines are caught up with at once. */
const CATCH_UP_MAX = 1000;

export interface Lines extends LineList {
  /** The first page is there. */
  readonly answered: boolean;
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  /** Of the search, for a shell. */
  readonly path: string;
  readonly live: boolean;
  /** New lines are not heard of at present. */
  readonly away: Away | undefined;
  readonly loadMore: () => void;
  readonly showWaiting: () => void;
  /** Asks again for what failed. */
  readonly retry: () => void;
}

interface Away {
  readonly sinceMs: number;
  readonly reason: string;
}

interface State extends LineList {
  readonly path: string;
  readonly answered: boolean;
  readonly loading: boolean;
  readonly error: ApiError | undefined;
}

type Action =
  | { readonly do: 'start'; readonly path: string }
  | { readonly do: 'ask' }
  | { readonly do: 'page'; readonly lines: readonly LogLine[]; readonly next: string | null }
  | { readonly do: 'fail'; readonly error: ApiError }
  | {
      readonly do: 'arrive';
      readonly lines: readonly LogLine[];
      readonly skipped: number;
      readonly show: boolean;
    }
  | { readonly do: 'show' };

const START: State = { ...NO_LINES, path: '', answered: false, loading: true, error: undefined };

function reduce(state: State, action: Action): State {
  switch (action.do) {
    case 'start':
      return { ...START, path: action.path };
    case 'ask':
      return { ...state, loading: true };
    case 'page':
      return {
        ...state,
        ...withPage(state, action.lines, action.next),
        answered: true,
        loading: false,
        error: undefined,
      };
    case 'fail':
      return { ...state, loading: false, error: action.error };
    case 'arrive': {
      const arrived = withArrived(state, action.lines, action.skipped);
      return { ...state, ...(action.show ? withWaitingShown(arrived, TAIL_LINES_MAX) : arrived) };
    }
    case 'show':
      return { ...state, ...withWaitingShown(state, LINES_MAX) };
    default:
      return action satisfies never;
  }
}

/** @param follow new lines are let in at once @param filters the same object while they are the same */
export function useLines(filters: readonly Filter[], range: TimeRange, follow: boolean): Lines {
  const [state, dispatch] = useReducer(reduce, START);
  const live = isLive(range);
  const { from, to } = range;
  const latest = useRef({ state, follow });
  latest.current = { state, follow };
  const abort = useRef<AbortController | undefined>(undefined);

  const ask = useCallback(async (path: string, signal: AbortSignal): Promise<void> => {
    try {
      const { records, next } = await getJson<LogPage>(path, signal);
      dispatch({ do: 'page', lines: records.map(lineOf), next });
    } catch (error) {
      if (!signal.aborted) dispatch({ do: 'fail', error: error as ApiError });
    }
  }, []);

  useEffect(() => {
    const mine = new AbortController();
    abort.current = mine;
    const { startMs, endMs } = resolveRange({ from, to }, Date.now());
    // A live search has no end: what is ahead of this clock belongs to it as well.
    const end = live ? undefined : toNanos(endMs);
    const path = logsPath('', filters, { start: toNanos(startMs), end, limit: String(PAGE_LINES) });
    dispatch({ do: 'start', path });
    void ask(path, mine.signal);
    return () => mine.abort();
  }, [filters, from, to, live, ask]);

  const away = useTail(live ? filters : undefined, latest, dispatch);

  const go = useCallback(() => {
    const { path, next, answered, loading } = latest.current.state;
    const signal = abort.current?.signal;
    if (loading || signal === undefined || (answered && next === null)) return;
    dispatch({ do: 'ask' });
    void ask(answered && next !== null ? pageAfter(path, next) : path, signal);
  }, [ask]);
  const loadMore = useCallback(() => {
    // What failed is tried again later, not with every move of the wheel.
    if (latest.current.state.error === undefined) go();
  }, [go]);
  useRetry(state.error, go);
  const showWaiting = useCallback(() => dispatch({ do: 'show' }), []);
  return { ...state, live, away, loadMore, showWaiting, retry: go };
}

function pageAfter(path: string, next: string): string {
  const at = path.indexOf('?');
  const query = new URLSearchParams(path.slice(at));
  query.set('after', next);
  return `${path.slice(0, at)}?${query.toString()}`;
}

/** Tries again by itself, later each time, where that can help. */
function useRetry(error: ApiError | undefined, retry: () => void): void {
  const attempts = useRef(0);
  useEffect(() => {
    if (error === undefined) attempts.current = 0;
    if (error === undefined || (error.status !== 0 && error.status < 500)) return undefined;
    const timer = setTimeout(retry, retryDelayMs(attempts.current, Math.random()));
    attempts.current += 1;
    return () => clearTimeout(timer);
  }, [error, retry]);
}

interface Latest {
  readonly current: { readonly state: State; readonly follow: boolean };
}

/** Listens to new lines; each time it is connected again, what came meanwhile is fetched. */
function useTail(
  filters: readonly Filter[] | undefined,
  latest: Latest,
  dispatch: (action: Action) => void,
): Away | undefined {
  const [away, setAway] = useState<Away | undefined>(undefined);
  useEffect(() => {
    if (filters === undefined) return undefined;
    const abort = new AbortController();
    let lastHeardMs = Date.now();
    const arrive = ({ records, skipped = 0 }: LogTail): void => {
      lastHeardMs = Date.now();
      dispatch({ do: 'arrive', lines: records.map(lineOf), skipped, show: latest.current.follow });
    };
    const catchUp = async (): Promise<void> => {
      // Overlaps on purpose: senders take a moment, and a line that is known is the same line.
      const start = toNanos(lastHeardMs - 10_000);
      const path = logsPath('', filters, { start, limit: String(CATCH_UP_MAX) });
      try {
        arrive(await getJson<LogPage>(path, abort.signal));
      } catch {
        // The next line that arrives, or the next connection, tries again.
      }
    };
    const stop = listen(logsPath('/tail', filters), {
      onEvent: (event, data) => {
        if (event === 'trouble') setAway({ sinceMs: lastHeardMs, reason: (data as LogTailTrouble).message });
        if (event !== 'records') return;
        setAway(undefined);
        arrive(data as LogTail);
        // More than one event can hold arrived at once: a search has it.
        if ((data as LogTail).truncated === true) void catchUp();
      },
      onState: (sinceMs, error) => {
        const reason = error?.message ?? 'The connection was lost.';
        setAway(sinceMs === undefined ? undefined : { sinceMs, reason });
        if (sinceMs === undefined) void catchUp();
      },
    });
    return () => {
      abort.abort();
      stop();
      setAway(undefined);
    };
  }, [filters, latest, dispatch]);
  return away;
}
