/** Everything by keyboard, and all state in the address. */
import { GO_KEYS } from '#dashboards/console/core/keys.ts';
import { expect, open, test } from '#test/browser/watched-page.ts';

test('g and a letter go to every page, back and forward work', async ({ page }) => {
  await open(page, '/ui');
  for (const { key, path } of GO_KEYS) {
    // The letter counts for a moment only, which a busy machine may take by itself.
    await expect(async () => {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await expect.poll(() => new URL(page.url()).pathname, { timeout: 3000 }).toBe(path);
    }).toPass();
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
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toBeVisible();
  for (const key of ['j', '+', '[', '0', 'e', 'c', '/'])
    await expect(keys.locator('kbd', { hasText: key }).first()).toBeVisible();
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

/** Pages with lists; what a row leads to stays within them or is another page. */
const LISTS = ['/ui', '/ui/slos', '/ui/traces?service=gateway', '/ui/metrics?browse=1'];

test('j and k go from row to row on every list, Enter opens one', async ({ page }) => {
  for (const path of LISTS) {
    await open(page, path);
    await expect(page.locator('main tbody a, main tbody button, main [data-rows] a').first()).toBeVisible();
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const row = document.activeElement?.closest('main tbody tr, main [data-rows] > *');
        return row === null || row === undefined ? '' : (document.activeElement?.textContent ?? '');
      });
    await page.keyboard.press('j');
    const first = await focused();
    expect(first, path).not.toBe('');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('k');
    expect(await focused(), path).toBe(first);
  }
  await open(page, '/ui/slos');
  await expect(page.locator('main tbody a').first()).toBeVisible();
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/ui\/slos\/[^/]+\/[^/]+$/);
});

test('keys zoom into a trace, move along it and show all of it again', async ({ page }) => {
  await open(page, '/ui/traces?service=gateway');
  await expect(page.locator('.trace-link').first()).toBeVisible();
  for (const key of ['j', 'Enter']) await page.keyboard.press(key);
  const minimap = page.getByRole('group', { name: /^Overview of the trace/ });
  await expect(minimap).toBeVisible();
  const shown = (): readonly number[] =>
    (new URL(page.url()).searchParams.get('z') ?? '').split('-').map(Number);
  const press = async (key: string): Promise<readonly number[]> => {
    const before = page.url();
    await page.keyboard.press(key);
    await expect.poll(() => page.url()).not.toBe(before);
    return shown();
  };
  // Wherever the focus is.
  const [start = 0, end = 0] = await press('+');
  expect(end).toBeGreaterThan(start);
  expect(await press('0')).toEqual([0]);
  await minimap.focus();
  await press('+');
  await press('+');
  const [from = 0, to = 0] = shown();
  const [later = 0, end2 = 0] = await press('ArrowRight');
  expect(later).toBeGreaterThan(from);
  expect(Math.abs(end2 - later - (to - from))).toBeLessThanOrEqual(2);
  expect((await press('ArrowLeft'))[0]).toBeLessThan(later);
  await press('-');
  expect(await press('Escape')).toEqual([0]);
  await expect(minimap).toBeFocused();
});

test('keys change the time range, as dragging over a chart does', async ({ page }) => {
  await open(page, '/ui/slos/gateway/availability?from=now-1h&to=now');
  const range = (): string => {
    const { searchParams } = new URL(page.url());
    return [searchParams.get('from'), searchParams.get('to')].join(' ');
  };
  await page.keyboard.press('+');
  await expect.poll(range).toBe('now-30m now');
  await page.keyboard.press('-');
  await expect.poll(range).toBe('now-1h now');
  await page.keyboard.press('[');
  await expect.poll(range).toMatch(/^\d{13} \d{13}$/);
  await page.keyboard.press(']');
  await expect.poll(range).toBe('now-1h now');
  await page.keyboard.press('0');
  await expect.poll(range).toBe(' ');
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
