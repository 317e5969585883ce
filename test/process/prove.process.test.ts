/** `plimsoll prove` end to end, on its smallest matrix; the whole one is test/long/prove.long.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runPlimsoll } from '#test/support/program.ts';
import { TRIES_MAX } from '#test/support/promptly.ts';

const CELL_MS_MAX = 90_000;
/** A proof under load that came late proves nothing, and says so. */
const LOAD_WAS_LATE = /: the load came \d+ ms late/;

interface Report {
  readonly passed: boolean;
  readonly reasons: readonly string[];
  readonly score: { readonly recall: { readonly hits: number; readonly of: number } };
}

test('a killed dispatch pages in time, with its name on the page', { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-prove-'));
  try {
    const { code, output, report } = await proofUnderEvenLoad(folder);
    t.diagnostic(output);
    assert.deepEqual(report.reasons, [], output);
    assert.equal(code, 0, output);
    assert.deepEqual([report.score.recall.hits, report.score.recall.of], [1, 1]);
    assert.ok(existsSync(join(folder, 'report.html')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Again where the machine was too busy to bring the load in time: that is no verdict on us. */
async function proofUnderEvenLoad(
  folder: string,
): Promise<{ readonly code: number | null; readonly output: string; readonly report: Report }> {
  for (let tried = 1; ; tried += 1) {
    const { code, output } = await runPlimsoll(
      ['prove', '--cell', 'kill@dispatch', '--out', folder],
      CELL_MS_MAX,
    );
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    if (tried === TRIES_MAX || !report.reasons.some((reason) => LOAD_WAS_LATE.test(reason)))
      return { code, output, report };
  }
}

test('what it does not know it says in one sentence', async () => {
  const { code, output } = await runPlimsoll(['prove', '--mutate', 'nothing']);
  assert.equal(code, 2);
  assert.match(output, /expected one of empty-slos/);
});
