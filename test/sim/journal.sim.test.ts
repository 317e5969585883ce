/**
 * Tens of thousands of short lives of the disk journal. `PLIMSOLL_SEED=N`
 * replays from a seed, `PLIMSOLL_SIM_SCALE=10` runs ten times as many.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BrokenPromise,
  describe,
  runHistory,
  withoutSync,
  withSyncRetried,
  type DiskWrapper,
} from '#test/sim/journal-history.ts';

const HISTORIES = 20_000 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1);
/** A negative control must find its loss within this many. */
const CONTROL_HISTORIES = 5000;
const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test(`no acknowledged record is lost or seen twice (seed ${SEED})`, async (t) => {
  const sums = { acknowledged: 0, refused: 0, crashes: 0, operations: 0 };
  for (let index = 0; index < HISTORIES; index += 1) {
    const seed = SEED + index;
    try {
      const counts = await runHistory(seed);
      sums.acknowledged += counts.acknowledged;
      sums.refused += counts.refused;
      sums.crashes += counts.crashes;
      sums.operations += counts.operations;
    } catch (error) {
      assert.fail(`PLIMSOLL_SEED=${seed}: ${describe(error)}`);
    }
  }
  t.diagnostic(`${HISTORIES} histories: ${JSON.stringify(sums)}`);
  assert.ok(sums.acknowledged > HISTORIES, `too little was acknowledged to prove anything (seed ${SEED})`);
});

test(`control: without sync, a loss is found (seed ${SEED})`, (t) =>
  findsLoss(t.diagnostic.bind(t), withoutSync));

test(`control: with failed syncs tried again, a loss is found (seed ${SEED})`, (t) =>
  findsLoss(t.diagnostic.bind(t), withSyncRetried));

async function findsLoss(say: (message: string) => void, wrap: DiskWrapper): Promise<void> {
  for (let index = 0; index < CONTROL_HISTORIES; index += 1) {
    try {
      await runHistory(SEED + index, wrap);
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      say(`history ${index + 1}: ${error.message}`);
      return;
    }
  }
  assert.fail(`no loss in ${CONTROL_HISTORIES} histories from PLIMSOLL_SEED=${SEED}`);
}
