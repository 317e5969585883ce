/** Kill -9 at 2,000 spans a second, ten times on one data folder. */
import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runKillHistory } from '#test/support/kill-history.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

test('ten kills at 2,000 spans a second', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'));
  try {
    const { violations, ...figures } = await runKillHistory({
      dataDirectory: join(folder, 'data'),
      kills: 10,
      seed: SEED,
      spansPerSecond: 2000,
      loadMsMin: 1000,
      // About 15,000 traces: asking for more would take longer than sending them.
      loadMsMax: 5000,
    });
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(figures)}`);
    deepEqual(violations.slice(0, 10), [], `seed ${SEED}, ${violations.length} violations`);
    ok(figures.tracesAcked > 1000, `${figures.tracesAcked} traces are too few to mean anything`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
