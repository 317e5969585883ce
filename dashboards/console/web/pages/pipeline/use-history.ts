/** Remembers the last minute of the pipeline, so that there are rates and lags. */
import { useEffect, useState } from 'react';
import { retryDelayMs } from '#dashboards/console/core/backoff.ts';
import { withLook, type Look } from '#dashboards/console/core/pipeline/history.ts';
import type { PageLook } from '#dashboards/console/core/pipeline/receivers.ts';
import { parsePrometheusText } from '#dashboards/console/core/prometheus-text.ts';
import { getText, type ApiError } from '#dashboards/console/web/data/client.ts';
import type { Pipeline } from '#dashboards/console/web/data/own-api.ts';

/** One look a message, oldest first. */
export function useLooks(pipeline: Pipeline | undefined): readonly Look[] {
  const [looks, setLooks] = useState<readonly Look[]>([]);
  useEffect(() => {
    if (pipeline === undefined) return;
    const { accepted, bytes } = pipeline.journal;
    setLooks((before) => withLook(before, { atMs: Date.now(), accepted, rows: pipeline.rows, bytes }));
  }, [pipeline]);
  return looks;
}

export interface MetricsPages {
  /** Oldest first. */
  readonly looks: readonly PageLook[];
  readonly error: ApiError | undefined;
}

const EVERY_MS = 3000;
/** Rates of the receivers are over this many pages. */
const PAGES_MAX = 5;
const PATH = '/metrics';

/** What the platform says about itself, asked for again while the page is looked at. */
export function useMetricsPages(): MetricsPages {
  const [state, setState] = useState<MetricsPages>({ looks: [], error: undefined });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const ask = async (): Promise<void> => {
      let nextMs = EVERY_MS;
      try {
        const page = parsePrometheusText(await getText(PATH, abort.signal));
        failures = 0;
        const look = { atMs: Date.now(), page };
        setState(({ looks }) => ({ looks: [...looks, look].slice(-PAGES_MAX), error: undefined }));
      } catch (error) {
        if (abort.signal.aborted) return;
        setState(({ looks }) => ({ looks, error: error as ApiError }));
        nextMs = Math.max(EVERY_MS, retryDelayMs(failures, Math.random()));
        failures += 1;
      }
      timer = setTimeout(again, nextMs);
    };
    const again = (): void => {
      if (document.hidden) timer = setTimeout(again, EVERY_MS);
      else void ask();
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, []);
  return state;
}
