/** A page that is watched: what it may never do fails the test at its end. */
import { test as base, expect, type Page } from 'playwright/test';
import { world } from '#test/browser/addresses.ts';

interface Watched {
  /** Errors a test brings about on purpose are taken off this list by it. */
  readonly complaints: string[];
}

/** Answers that a test makes go wrong are no fault of the page. */
const EXPECTED = /Failed to load resource/;

export const test = base.extend<Watched>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text());
      });
      page.on('dialog', (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        const url = new URL(request.url());
        if (/^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1')
          complaints.push(`a request to ${url.host}`);
      });
      await use(complaints);
      expect(complaints, 'errors on the page').toEqual([]);
    },
    { auto: true },
  ],
});

/** Opens a page of the demo's console and waits until its heading is there. */
export async function open(page: Page, path: string, origin: string = world().origin): Promise<void> {
  await page.goto(origin + path);
  await expect(page.locator('h1')).toBeVisible();
}

/** Every panel has its answer and has been painted: lists are laid out a frame after it, charts drawn in the next. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const frames = (left: number): void => {
          if (left === 0) resolve();
          else requestAnimationFrame(() => frames(left - 1));
        };
        frames(3);
      }),
  );
}

/** Every page with an address that needs no id. */
export const PAGES: readonly { readonly path: string; readonly title: string }[] = [
  { path: '/ui', title: 'Now' },
  { path: '/ui/slos', title: 'SLOs' },
  { path: '/ui/slos/gateway/availability', title: 'Customers are answered' },
  { path: '/ui/incidents', title: 'Incidents' },
  { path: '/ui/traces?service=gateway', title: 'Traces' },
  { path: '/ui/logs', title: 'Logs' },
  { path: '/ui/metrics', title: 'Metrics' },
  { path: '/ui/pipeline', title: 'Pipeline' },
  { path: '/ui/proof', title: 'Chaos & proof' },
  { path: '/ui/receiver', title: 'Receiver' },
];

export { expect };
