/** What a page says when there is nothing, no answer, no permission, or no news. */
import { API_KEY, world } from '#test/browser/addresses.ts';
import { expect, open, PAGES, settled, test } from '#test/browser/watched-page.ts';

test('without data every page says what to do', async ({ page }) => {
  for (const { path } of PAGES) {
    if (path.includes('availability')) continue;
    await open(page, path, world().empty);
    await settled(page);
    expect(await page.getByRole('alert').allTextContents(), path).toEqual([]);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text, path).not.toMatch(/undefined|NaN|\[object|Oops|!\s/);
  }
  await open(page, '/ui', world().empty);
  await expect(page.getByText('npm start').first()).toBeVisible();
});

test('an answer that fails is told where it is missing, and the rest goes on', async ({ page }) => {
  await page.route('**/api/v1/query**', (route) =>
    route.fulfill({
      status: 503,
      json: { status: 'error', errorType: 'unavailable', error: 'metrics is being started' },
    }),
  );
  await page.route('**/api/traces**', (route) =>
    route.fulfill({ status: 500, json: { errors: [{ code: 500, msg: 'disk gone' }] } }),
  );
  await page.route('**/api/plimsoll/v1/logs**', (route) => route.abort());
  await open(page, '/ui');
  await expect(page.getByText('metrics is being started').first()).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
  await open(page, '/ui/traces?service=gateway');
  await expect(page.getByText('disk gone').first()).toBeVisible();
  await open(page, '/ui/logs');
  await expect(page.getByText('Plimsoll does not answer').first()).toBeVisible();
});

test('live figures that stop coming are stale, and fresh again by themselves', async ({ page }) => {
  let away = false;
  await page.route('**/api/plimsoll/v1/live**', (route) => (away ? route.abort() : route.continue()));
  await open(page, '/ui/slos');
  await expect(page.getByText('gateway').first()).toBeVisible();
  away = true;
  await page.getByRole('link', { name: 'Pipeline' }).click();
  await expect(page.getByText(/stale since|does not answer/).first()).toBeVisible();
  away = false;
  await expect(page.getByText(/stale since/)).toHaveCount(0, { timeout: 20_000 });
});

test('where a key is asked for the page asks too, and remembers it for the tab', async ({ page }) => {
  await page.goto(`${world().locked}/ui/traces`);
  const field = page.getByLabel('API key').first();
  await field.fill('a-key-that-is-wrong-for-sure');
  await page.getByRole('button', { name: 'Use this key in this tab' }).first().click();
  await expect(page.getByLabel('API key').first()).toBeVisible();
  await page.getByLabel('API key').first().fill(API_KEY);
  await page.getByRole('button', { name: 'Use this key in this tab' }).first().click();
  await expect(page.getByLabel('API key')).toHaveCount(0);
  await expect(page.locator('h1')).toHaveText('Traces');
});

test('an address that is no page says so and leads on', async ({ page }) => {
  await open(page, '/ui/nothing/here');
  await expect(page.getByText('/ui/nothing/here')).toBeVisible();
  await page.getByRole('link', { name: 'See what goes on now' }).click();
  await expect(page.locator('h1')).toHaveText('Now');
});
