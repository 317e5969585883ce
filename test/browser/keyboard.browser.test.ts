/** Everything by keyboard, and all state in the address. */
import { GO_KEYS } from '#dashboards/console/core/keys.ts';
import { expect, open, test } from '#test/browser/watched-page.ts';

test('g and a letter go to every page, back and forward work', async ({ page }) => {
  await open(page, '/ui');
  for (const { key, path } of GO_KEYS) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).pathname).toBe(path);
    await expect(page.locator('h1')).toBeVisible();
  }
  const visited = GO_KEYS.map(({ path }) => path).toReversed();
  for (const path of visited.slice(1)) {
    await page.goBack();
    await expect.poll(() => new URL(page.url()).pathname).toBe(path);
  }
  await page.goForward();
  await expect.poll(() => new URL(page.url()).pathname).toBe(GO_KEYS[1]?.path);
});

test('? lists the keys, Escape closes the list and gives the focus back', async ({ page }) => {
  await open(page, '/ui/slos');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('/ puts the cursor into the search, and a key typed there is text', async ({ page }) => {
  await open(page, '/ui/logs');
  await page.keyboard.press('/');
  await expect(page.locator('[data-search]')).toBeFocused();
  await page.keyboard.type('gs?');
  await expect(page.locator('[data-search]')).toHaveValue('gs?');
  expect(new URL(page.url()).pathname).toBe('/ui/logs');
});

test('the time range is in the address, goes along, and survives a reload', async ({ page }) => {
  await open(page, '/ui/slos');
  await page.keyboard.press('d');
  await page.getByRole('button', { name: 'last 1 h' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('from')).toBe('now-1h');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await expect.poll(() => page.url()).toContain('/ui/logs?');
  expect(new URL(page.url()).searchParams.get('from')).toBe('now-1h');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Time range: last 1 h' })).toBeVisible();
});

test('the first Tab leads past the frame, and what has the focus can be seen', async ({ page }) => {
  await open(page, '/ui/slos');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  for (let presses = 0; presses < 25; presses += 1) {
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return true;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    });
    expect(seen, await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120))).toBe(true);
  }
});

test('a theme chosen by hand stays', async ({ page }) => {
  await open(page, '/ui/slos');
  await page.getByTitle('Theme: system, dark, light').click();
  await page.getByTitle('Theme: system, dark, light').click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
