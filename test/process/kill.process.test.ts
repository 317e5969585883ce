/** Two kills under load; test/long/kill.long.test.ts does ten, longer. */
import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runKillHistory } from '#test/support/kill-history.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

test('kill -9 under load: every acknowledged span is there exactly once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'));
  try {
    const report = await runKillHistory({
      dataDirectory: join(folder, 'data'),
      kills: 2,
      seed: SEED,
      spansPerSecond: 2000,
      loadMsMin: 600,
      loadMsMax: 1500,
    });
    const { violations, ...figures } = report;
    t.diagnostic(JSON.stringify(figures));
    deepEqual(violations.slice(0, 10), [], `seed ${SEED}, ${violations.length} violations`);
    ok(report.spansAcked > 500, `seed ${SEED}: only ${report.spansAcked} spans were acknowledged`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
