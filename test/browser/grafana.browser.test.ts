/** From the console to Grafana's boards: the same thing at the same time, where there is a Grafana. */
import { GRAFANA, world } from '#test/browser/addresses.ts';
import { expect, open, settled, test } from '#test/browser/watched-page.ts';

test('an SLO leads to its board, with its variables and the range of the page', async ({ page }) => {
  await open(page, '/ui/slos/gateway/availability?from=now-1h&to=now');
  const link = page.getByRole('link', { name: 'Open in Grafana' });
  await expect(link).toHaveAttribute('target', '_blank');
  const url = new URL((await link.getAttribute('href')) ?? '');
  expect(url.href.startsWith(`${GRAFANA}/d/plimsoll-slo?`)).toBe(true);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    from: 'now-1h',
    to: 'now',
    'var-console': world().origin,
    'var-slo': 'gateway/availability',
    'var-service': 'gateway',
  });
});

test('where no Grafana is known no page leads to one', async ({ page }) => {
  const asked = page.waitForResponse('**/api/plimsoll/v1/companions');
  await open(page, '/ui', world().empty);
  await asked;
  await settled(page);
  await expect(page.getByRole('link', { name: 'Open in Grafana' })).toHaveCount(0);
});
