/** The quick proof passes; with alerting spoiled in five ways one live fault is enough for it to fail. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MUTATIONS } from '#bin/prove/mutation.ts';
import { runPlimsoll } from '#test/support/program.ts';

const QUICK_MS_MAX = 9 * 60_000;
const CELL_MS_MAX = 3 * 60_000;

let folder = '';
before(() => void (folder = mkdtempSync(join(tmpdir(), 'plimsoll-prove-long-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

test('plimsoll prove --quick', async (t) => {
  const { code, output } = await runPlimsoll(
    ['prove', '--quick', '--out', join(folder, 'quick')],
    QUICK_MS_MAX,
  );
  t.diagnostic(output);
  assert.equal(code, 0, output);
});

// Only the burn of the budget can tell this fault: a killed service is also missed by its silence.
const CELL = 'http-error@quotes';

for (const mutation of MUTATIONS) {
  test(`with ${mutation} the proof fails`, async (t) => {
    const args = ['prove', '--cell', CELL, '--mutate', mutation, '--out', join(folder, mutation)];
    const { code, output } = await runPlimsoll(args, CELL_MS_MAX);
    t.diagnostic(output);
    assert.equal(code, 1, output);
    assert.match(output, /Failed:/);
  });
}
