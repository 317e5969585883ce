/** Kill -9 at 2,000 spans a second, ten times on one data folder. */
import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runKillHistory } from '#test/support/kill-history.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
/** More would take longer to ask for than to send. */
const TRACES_MAX = 20_000;

test('ten kills at 2,000 spans a second', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'));
  try {
    const { violations, ...figures } = await runKillHistory({
      dataDirectory: join(folder, 'data'),
      kills: 10,
      seed: SEED,
      spansPerSecond: 2000,
      loadMsMin: 1000,
      loadMsMax: 6000,
    });
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(figures)}`);
    deepEqual(violations.slice(0, 10), [], `seed ${SEED}, ${violations.length} violations`);
    ok(figures.tracesAcked > 1000 && figures.tracesSent <= TRACES_MAX, `${figures.tracesSent} traces`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
