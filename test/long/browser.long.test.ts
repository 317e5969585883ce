/** The console in full: two clicks for each fault of the quick matrix, all hostile texts, every look of every page, speed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { findChromium, NO_CHROMIUM } from '#test/runner/chromium.ts';

const RUN = join(import.meta.dirname, '..', 'run.ts');

test('two clicks for every fault, every hostile text, every look', async (t) => {
  if (findChromium() === undefined) {
    t.skip(NO_CHROMIUM);
    return;
  }
  const env = { ...process.env, PLIMSOLL_LONG: '1' };
  const child = spawn(process.execPath, [RUN, 'browser', 'two-clicks', 'xss.', 'pages.', 'speed.'], {
    env,
    stdio: 'pipe',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const [code] = await once(child, 'close');
  t.diagnostic(output);
  assert.equal(code, 0, output);
});
