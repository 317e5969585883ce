/**
 * Takes the pictures of README and docs/console.md anew: one incident, from the
 * fault to the span, on a demo of its own. `node test/browser/pictures.ts`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import setUp from '#test/browser/global-setup.ts';
import { world } from '#test/browser/addresses.ts';
import { linksOfPage, startFault } from '#test/browser/faults.ts';
import { findChromium, NO_CHROMIUM } from '#test/runner/chromium.ts';

const PICTURES = join(import.meta.dirname, '../../docs/pictures');
const SIZE = { width: 1440, height: 900 };
/** Traffic before the fault, so that the charts have something to tell. */
const BEFORE_MS = 60_000;
/** For a page to fill in. */
const SETTLE_MS = 2500;

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(NO_CHROMIUM);
  mkdirSync(PICTURES, { recursive: true });
  process.env['PLIMSOLL_BROWSER_DIVISOR'] = '1';
  const tearDown = await setUp();
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  try {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: 'dark' });
    await takeAll(page);
  } finally {
    await browser.close();
    await tearDown();
  }
}

async function takeAll(page: Page): Promise<void> {
  const { origin } = world();
  await page.waitForTimeout(BEFORE_MS);
  const startedMs = Date.now();
  const stop = await startFault({
    fault: 'http-error',
    target: 'quotes',
    parameters: { status: 500 },
  });
  const { incident } = await linksOfPage(startedMs);
  await take(page, `${origin}/ui?from=now-5m&to=now`, 'now');
  await take(page, incident, 'incident');
  await page
    .getByRole('link', { name: /failing span/i })
    .first()
    .click();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(PICTURES, 'trace.png') });
  await take(page, `${origin}/ui/slos/gateway/availability?from=now-5m&to=now`, 'slo');
  await stop();
}

async function take(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

await main();
