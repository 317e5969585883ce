/** Work that goes on beside requests: repeated until the service stops, whatever fails meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { logger } from '@plimsoll/sdk';
import { PeerFailure } from '#sample-services/lib/core/peer-failure.ts';

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1000;

export interface Background {
  /** Resolves when the step under way is done. */
  stop(): Promise<void>;
}

/**
 * Calls `step` again and again. After a failure it pauses, longer each time, and
 * says so once until it works again.
 *
 * @param step waits by itself when there is nothing to do; gives up at the abort
 */
export function keepDoing(what: string, step: (signal: AbortSignal) => Promise<void>): Background {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    let pauseMs = PAUSE_MS_MIN;
    while (!signal.aborted) {
      try {
        await step(signal);
        if (pauseMs > PAUSE_MS_MIN) logger.info(`${what} works again`);
        pauseMs = PAUSE_MS_MIN;
      } catch (error) {
        if (signal.aborted) return;
        if (pauseMs === PAUSE_MS_MIN) logger.warn(detailsOf(error), `${what} failed, goes on trying`);
        await pause(pauseMs, signal);
        pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
      }
    }
  };
  const done = run();
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** Where a peer failed our own stack says nothing. */
function detailsOf(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof PeerFailure ? { peer: error.peer, reason: error.kind } : { err: error };
}

/** Calls `step` every `everyMs`, one after the other. */
export function repeat(
  what: string,
  everyMs: number,
  step: (signal: AbortSignal) => Promise<void> | void,
): Background {
  return keepDoing(what, async (signal) => {
    await pause(everyMs, signal);
    if (!signal.aborted) await step(signal);
  });
}

/** Ends early, and without an error, at the abort. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
