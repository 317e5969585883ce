/**
 * Server-sent events over fetch, because EventSource can send no API key. Comes
 * back by itself, later each time; whoever listens hears when it is away.
 */
import { retryDelayMs } from '#dashboards/console/core/backoff.ts';
import { EventParser } from '#dashboards/console/core/sse.ts';
import { ApiError, requestHeaders } from '#dashboards/console/web/data/client.ts';

export interface StreamHandlers {
  readonly onEvent: (event: string, data: unknown) => void;
  /** Connected again (undefined), or away since then. */
  readonly onState: (awaySinceMs: number | undefined, error: ApiError | undefined) => void;
}

/** Nothing heard for so long, heartbeats included: the connection is dead. */
const SILENCE_MS = 25_000;

/** Listens until the returned function is called. */
export function listen(url: string, handlers: StreamHandlers): () => void {
  const abort = new AbortController();
  void keepListening(url, handlers, abort.signal);
  return () => abort.abort();
}

async function keepListening(url: string, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
  let attempt = 0;
  let awaySinceMs: number | undefined;
  while (!signal.aborted) {
    let error: ApiError | undefined;
    try {
      await listenOnce(url, handlers, signal, () => {
        attempt = 0;
        awaySinceMs = undefined;
        handlers.onState(undefined, undefined);
      });
    } catch (reason) {
      if (reason instanceof ApiError) error = reason;
    }
    if (signal.aborted) return;
    awaySinceMs ??= Date.now();
    handlers.onState(awaySinceMs, error);
    await pause(retryDelayMs(attempt, Math.random()), signal);
    attempt += 1;
  }
}

async function listenOnce(
  url: string,
  { onEvent }: StreamHandlers,
  outer: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([outer, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(url, {
      signal,
      headers: { ...requestHeaders(), accept: 'text/event-stream' },
    });
    if (!response.ok || response.body === null)
      throw new ApiError(response.status, `Live updates answered ${response.status}.`);
    onOpen();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const { event, data } of parser.push(value)) onEvent(event, JSON.parse(data));
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
