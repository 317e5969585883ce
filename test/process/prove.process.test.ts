/** `plimsoll prove` end to end, on its smallest matrix; the whole one is test/long/prove.long.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runPlimsoll } from '#test/support/program.ts';

const CELL_MS_MAX = 90_000;

interface Report {
  readonly passed: boolean;
  readonly reasons: readonly string[];
  readonly score: { readonly recall: { readonly hits: number; readonly of: number } };
}

test('a killed dispatch pages in time, with its name on the page', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-prove-'));
  try {
    const { code, output } = await runPlimsoll(
      ['prove', '--cell', 'kill@dispatch', '--out', folder],
      CELL_MS_MAX,
    );
    t.diagnostic(output);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    assert.deepEqual(report.reasons, [], output);
    assert.equal(code, 0, output);
    assert.deepEqual([report.score.recall.hits, report.score.recall.of], [1, 1]);
    assert.ok(existsSync(join(folder, 'report.html')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what it does not know it says in one sentence', async () => {
  const { code, output } = await runPlimsoll(['prove', '--mutate', 'nothing']);
  assert.equal(code, 2);
  assert.match(output, /expected one of empty-slos/);
});
