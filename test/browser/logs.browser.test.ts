/** Logs by hand: values left out, lines opened beside one another, both kept in the address. */
import { expect, open, test } from '#test/browser/watched-page.ts';

/** Four lines of the quietest service. */
const LINES_MS_MAX = 45_000;

test('a value is left out, and comes back with its chip', async ({ page }) => {
  await open(page, '/ui/logs');
  const services = page.locator('.log-facet', { hasText: 'service' }).first();
  // The demo is young: what has said least may not be among the values yet.
  await expect(async () => {
    await page.reload();
    for (const name of ['shipments', 'billing'])
      await expect(services.getByRole('link', { name: `Filter out ${name}` })).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: LINES_MS_MAX });
  await services.getByRole('link', { name: 'Filter out shipments' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.getAll('not.service')).toEqual(['shipments']);
  await services.getByRole('link', { name: 'Filter out billing' }).click();
  const left = ['shipments', 'billing'];
  await expect.poll(() => new URL(page.url()).searchParams.getAll('not.service')).toEqual(left);
  const list = page.getByRole('group', { name: /log lines/i });
  await expect(services.getByRole('link', { name: 'Filter out shipments' })).toHaveCount(0);
  await expect(list.getByTitle('billing', { exact: true })).toHaveCount(0);
  await page.reload();
  await page.getByRole('link', { name: 'Take away: service ≠ shipments' }).click();
  await expect(list.getByTitle('shipments', { exact: true }).first()).toBeVisible();
  await expect(list.getByTitle('billing', { exact: true })).toHaveCount(0);
});

test('lines stand open beside one another, by keyboard, and after a reload', async ({ page }) => {
  await open(page, '/ui/logs?service=billing');
  const opened = page.getByRole('button', { expanded: true }).and(page.locator('.log-time'));
  // The demo is young, and billing says little.
  await expect(async () => {
    await page.reload();
    await expect(page.locator('.log-time').nth(3)).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: LINES_MS_MAX });
  for (const key of ['j', 'Enter', 'j', 'Enter', 'j', 'Enter']) await page.keyboard.press(key);
  await expect(opened).toHaveCount(3);
  await page.keyboard.press('Enter');
  await expect(opened).toHaveCount(2);
  const rows = new URL(page.url()).searchParams.getAll('row');
  expect(rows).toHaveLength(2);
  await page.reload();
  // What lies below the first open line may not be drawn yet.
  await expect(opened.first()).toBeVisible();
  expect(new URL(page.url()).searchParams.getAll('row')).toEqual(rows);
});
