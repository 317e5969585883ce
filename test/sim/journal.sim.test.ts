/**
 * Tens of thousands of short lives of the disk journal. `PLIMSOLL_SEED=N`
 * replays from a seed, `PLIMSOLL_SIM_SCALE=10` runs ten times as many.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { HistoriesRequest, HistoriesResult } from '#test/sim/journal-histories.ts';

const HISTORIES = Math.ceil(20_000 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1));
/** A negative control must find its loss within this many. */
const CONTROL_HISTORIES = 5000;
const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test(`no acknowledged record is lost or seen twice (seed ${SEED})`, async (t) => {
  const result = await histories({ seed: SEED, count: HISTORIES, defence: 'all' });
  const { failure, ...sums } = result;
  t.diagnostic(JSON.stringify(sums));
  assert.equal(failure, undefined, `replay with PLIMSOLL_SEED=${failure?.seed}: ${failure?.text}`);
  assert.ok(sums.acknowledged > HISTORIES, `too little was acknowledged to prove anything (seed ${SEED})`);
});

for (const defence of ['without-sync', 'sync-retried'] as const) {
  test(`control: ${defence} loses something (seed ${SEED})`, async (t) => {
    const { failure } = await histories({ seed: SEED, count: CONTROL_HISTORIES, defence });
    assert.ok(failure !== undefined, `no loss in ${CONTROL_HISTORIES} histories from PLIMSOLL_SEED=${SEED}`);
    assert.ok(failure.isBrokenPromise, failure.text);
    t.diagnostic(`PLIMSOLL_SEED=${failure.seed}: ${failure.text.split('\n')[0]}`);
  });
}

async function histories(workerData: HistoriesRequest): Promise<HistoriesResult> {
  const worker = new Worker(new URL('journal-histories.ts', import.meta.url), { workerData });
  const [result] = (await once(worker, 'message')) as [HistoriesResult];
  await worker.terminate();
  return result;
}
