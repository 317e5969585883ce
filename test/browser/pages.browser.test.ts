/** Every page on live data: both themes, desktop and phone, no error, nothing that axe calls serious. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright/test';
import { expect, open, PAGES, settled, test } from '#test/browser/watched-page.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Each theme and each width once; `PLIMSOLL_LONG=1` takes every pair. */
const LOOKS = [
  { colorScheme: 'dark', device: 'desktop', width: 1440 },
  { colorScheme: 'light', device: 'phone', width: 390 },
  { colorScheme: 'dark', device: 'phone', width: 390 },
  { colorScheme: 'light', device: 'desktop', width: 1440 },
] as const;
const TAKEN = process.env['PLIMSOLL_LONG'] === '1' ? LOOKS : LOOKS.slice(0, 2);

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

async function seriousViolations(page: Page): Promise<readonly string[]> {
  // As the developer tools would: the page's own policy forbids it to load scripts from elsewhere.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html.slice(0, 160))
          .slice(0, 3)
          .join(' | ')}`,
    );
}

for (const { colorScheme, device, width } of TAKEN) {
  test.describe(`${colorScheme}, ${device}`, () => {
    test.use({ colorScheme, viewport: { width, height: 900 } });
    for (const { path, title } of PAGES) {
      test(`${title} at ${path}`, async ({ page }, info) => {
        await open(page, path);
        await expect(page).toHaveTitle(new RegExp(`${title}.*Plimsoll`, 'i'));
        await settled(page);
        await page.screenshot({ path: info.outputPath('page.png'), fullPage: true });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, 'pixels the page is wider than the screen').toBe(0);
        expect(await page.getByRole('alert').allTextContents(), 'errors shown').toEqual([]);
        expect(await seriousViolations(page)).toEqual([]);
      });
    }
  });
}
