/** The console in full: two clicks for each fault of the quick matrix, all hostile texts, every look of every page, speed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findChromium, NO_CHROMIUM } from '#test/runner/chromium.ts';

const RUN = join(import.meta.dirname, '..', 'run.ts');

test('the speed of pages, beside a demo that does little', (t) =>
  runBrowser(t, ['speed.'], { PLIMSOLL_BROWSER_REQUESTS: '1' }));

test('two clicks for every fault, every hostile text, every look', (t) =>
  runBrowser(t, ['two-clicks', 'xss.', 'pages.'], {}));

async function runBrowser(
  t: TestContext,
  files: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<void> {
  if (findChromium() === undefined) {
    t.skip(NO_CHROMIUM);
    return;
  }
  const env = { ...process.env, PLIMSOLL_LONG: '1', ...more };
  const child = spawn(process.execPath, [RUN, 'browser', ...files], { env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const [code] = await once(child, 'close');
  t.diagnostic(output);
  assert.equal(code, 0, output);
}
