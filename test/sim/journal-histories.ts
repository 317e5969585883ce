/**
 * A thread that runs histories. Outside the test runner's own thread, because
 * the runner tracks every promise there, which costs more than the histories.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '#base/invariant.ts';
import {
  BrokenPromise,
  describe,
  runHistory,
  withoutSync,
  withSyncRetried,
  type DiskWrapper,
} from '#test/sim/journal-history.ts';

export type Defence = 'all' | 'without-sync' | 'sync-retried';

export interface HistoriesRequest {
  readonly seed: number;
  readonly count: number;
  readonly defence: Defence;
}

export interface HistoriesResult {
  readonly histories: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly crashes: number;
  readonly operations: number;
  /** The first history that broke a promise, or failed otherwise. */
  readonly failure:
    | { readonly seed: number; readonly isBrokenPromise: boolean; readonly text: string }
    | undefined;
}

const WRAPPERS: Readonly<Record<Defence, DiskWrapper>> = {
  all: (disk) => disk,
  'without-sync': withoutSync,
  'sync-retried': withSyncRetried,
};

async function runHistories({ seed, count, defence }: HistoriesRequest): Promise<HistoriesResult> {
  const sums = { histories: 0, acknowledged: 0, refused: 0, crashes: 0, operations: 0 };
  for (let index = 0; index < count; index += 1) {
    try {
      const counts = await runHistory(seed + index, WRAPPERS[defence]);
      sums.histories += 1;
      sums.acknowledged += counts.acknowledged;
      sums.refused += counts.refused;
      sums.crashes += counts.crashes;
      sums.operations += counts.operations;
    } catch (error) {
      const isBrokenPromise = error instanceof BrokenPromise;
      return { ...sums, failure: { seed: seed + index, isBrokenPromise, text: describe(error) } };
    }
  }
  return { ...sums, failure: undefined };
}

const port = present(parentPort, 'this file is started as a worker');
port.postMessage(await runHistories(workerData as HistoriesRequest));
