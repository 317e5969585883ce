/**
 * From the link in a page, and from the alert as Grafana leads on from it, to the
 * failing span of the culprit: at most two clicks and no typed query. One fault here; `PLIMSOLL_LONG=1` takes each of the quick
 * matrix.
 */
import type { Page } from 'playwright/test';
import { linksOfPage, startFault, type Fault } from '#test/browser/faults.ts';
import { expect, settled, test } from '#test/browser/watched-page.ts';

interface TellingFault extends Fault {
  /** Services whose failing span shows the cause: the culprit, or who called it where it cannot speak. */
  readonly speaks: readonly string[];
}

const ERRORS: TellingFault = {
  fault: 'http-error',
  target: 'quotes',
  parameters: { status: 500, share: 0.6 },
  speaks: ['gateway', 'shipments', 'quotes'],
};
const QUICK: readonly TellingFault[] = [
  ERRORS,
  { fault: 'latency', target: 'shipments', parameters: { latency: 1500 }, speaks: ['gateway', 'shipments'] },
  { fault: 'kill', target: 'gateway', parameters: {}, speaks: ['gateway'] },
  { fault: 'kill', target: 'dispatch', parameters: {}, speaks: ['shipments', 'dispatch'] },
];
const FAULTS = process.env['PLIMSOLL_LONG'] === '1' ? QUICK : [ERRORS];
const CLICKS_MAX = 2;
/** So that the page of one fault is not taken for that of the next. */
const SETTLE_MS = 40_000;

/** Clicks what stands out: the page has to say itself where the cause is. */
async function clickToSpan(page: Page): Promise<number> {
  let clicks = 0;
  while (clicks < CLICKS_MAX && !/[?&]span=/.test(page.url())) {
    const before = page.url();
    await page
      .getByRole('link', { name: /failing span|newest failing trace|slowest span/i })
      .first()
      .click();
    clicks += 1;
    await expect.poll(() => page.url()).not.toBe(before);
  }
  return clicks;
}

/** The clicks it took; the span that is open then has to speak of the fault. */
async function expectTheSpan(page: Page, { speaks }: TellingFault): Promise<number> {
  // Until its traces are there, an incident leads to the newest of them, not to its span.
  await settled(page);
  const clicks = await clickToSpan(page);
  expect(page.url()).toMatch(/\/ui\/traces\/[0-9a-f]{32}\?.*span=[0-9a-f]{16}/);
  const detail = page.getByRole('complementary', { name: /span/i });
  await expect(detail).toBeVisible();
  const text = (await detail.textContent()) ?? '';
  expect(speaks.filter((service) => text.includes(service))).not.toEqual([]);
  expect(clicks).toBeLessThanOrEqual(CLICKS_MAX);
  return clicks;
}

for (const fault of FAULTS) {
  test(`${fault.fault} on ${fault.target}`, async ({ page }, info) => {
    test.setTimeout(300_000);
    const startedMs = Date.now();
    const stop = await startFault(fault);
    try {
      const { incident, generator } = await linksOfPage(startedMs);
      await page.goto(incident);
      await expect(page.locator('h1')).toBeVisible();
      await expect(page.getByText(fault.target).first()).toBeVisible();
      await page.screenshot({ path: info.outputPath('incident.png'), fullPage: true });
      const clicks = await expectTheSpan(page, fault);
      await page.screenshot({ path: info.outputPath('span.png') });
      expect(new URL(generator).pathname).toMatch(/^\/ui\/slos\//);
      await page.goto(generator);
      await expect(page.getByRole('region', { name: 'Open incident' })).toBeVisible();
      await page.screenshot({ path: info.outputPath('slo.png'), fullPage: true });
      const fromAlert = await expectTheSpan(page, fault);
      const description = `${clicks} clicks from the page to the span, ${fromAlert} from the alert's own link`;
      info.annotations.push({ type: 'figure', description });
    } finally {
      await stop();
      if (FAULTS.length > 1) await page.waitForTimeout(SETTLE_MS);
    }
  });
}
