/**
 * Telemetry is hostile text: markup and scripts in every field of every signal
 * are shown as the text they are. Twenty payloads here, all two hundred with
 * `PLIMSOLL_LONG=1`.
 */
import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright/test';
import { world } from '#test/browser/addresses.ts';
import { hostileTexts } from '#test/browser/hostile-texts.ts';
import { expect, open, settled, test } from '#test/browser/watched-page.ts';
import { OtlpSender } from '#test/support/client.ts';
import { buildLogs, buildMetrics, buildTraces } from '#test/support/otlp.ts';

const ALL = process.env['PLIMSOLL_LONG'] === '1';
const PAYLOADS = ALL
  ? hostileTexts()
  : hostileTexts().filter((_, index) => index % 10 === Math.floor(index / 10) % 10);
const SERVICE = 'hostile';

/** What runs tells: the texts set this, load from here, or ask a question. */
const MARK = 'plimsollOwned';

interface Sent {
  readonly traceId: string;
  readonly spanId: string;
}

async function send(sender: OtlpSender, text: string): Promise<Sent> {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const attributes = { [text]: text, 'http.route': text, 'url.full': `javascript:${MARK}=1//${text}` };
  const span = {
    traceId,
    spanId,
    name: text,
    startNanos: nanos - 3_000_000n,
    endNanos: nanos,
    statusCode: 2,
    statusMessage: text,
    attributes,
  };
  const log = { nanos, body: text, severityText: text, severityNumber: 17, traceId, spanId, attributes };
  const point = { nanos, value: 1, attributes: { operation: text, [text]: text } };
  const posts = [
    sender.post('traces', buildTraces({ service: SERVICE, spans: [span] })),
    sender.post(
      'traces',
      buildTraces({ service: text, spans: [{ ...span, traceId: randomBytes(16).toString('hex') }] }),
    ),
    sender.post('logs', buildLogs({ service: SERVICE, logs: [log] })),
    sender.post('logs', buildLogs({ service: text, logs: [log] })),
    sender.post(
      'metrics',
      buildMetrics({
        service: SERVICE,
        metrics: [{ name: 'hostile_operations', description: text, kind: 'gauge', points: [point] }],
      }),
    ),
  ];
  for (const { status } of await Promise.all(posts)) expect(status).toBe(200);
  return { traceId, spanId };
}

test(`${PAYLOADS.length} hostile texts stay text on every page`, async ({ page }, info) => {
  test.setTimeout(ALL ? 1_800_000 : 180_000);
  using sender = new OtlpSender(world().otlpHttp);
  const sent: Sent[] = [];
  for (const text of PAYLOADS) sent.push(await send(sender, text));
  const query = encodeURIComponent('hostile_operations');
  const spans = sent.map(({ traceId, spanId }) => `/ui/traces/${traceId}?span=${spanId}`);
  const paths = [
    '/ui',
    `/ui/traces?service=${SERVICE}&limit=200`,
    `/ui/logs?service=${SERVICE}`,
    `/ui/metrics?q0=${query}`,
    ...spans.slice(0, ALL ? undefined : 1),
    ...PAYLOADS.slice(0, ALL ? 50 : 3).flatMap((text) => [
      `/ui/logs?service=${encodeURIComponent(text)}&text=${encodeURIComponent(text)}`,
      `/ui/traces?service=${encodeURIComponent(text)}&operation=${encodeURIComponent(text)}`,
      `/ui/metrics?q0=${encodeURIComponent(text)}`,
      `/ui/slos/${encodeURIComponent(text)}/${encodeURIComponent(text)}`,
      `/ui/incidents/${encodeURIComponent(text)}`,
    ]),
  ];
  for (const path of paths) {
    await open(page, path);
    await expectInert(page, path);
  }
  // The other half of the proof: the text itself is there to be read.
  await open(page, spans[0] ?? '');
  await expect(page.getByText(PAYLOADS[0] ?? '', { exact: false }).first()).toBeVisible();
  // The long run has loaded these afresh; here the page goes on to them, as by a link.
  const followed = ALL ? [] : spans.slice(1);
  for (const [index, path] of followed.entries()) {
    await page.evaluate((to) => {
      history.pushState(null, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    await expect(page.getByText(PAYLOADS[index + 1] ?? '', { exact: false }).first()).toBeVisible();
    await expectInert(page, path);
  }
  info.annotations.push({
    type: 'figure',
    description: `${PAYLOADS.length} texts on ${paths.length + followed.length} addresses, none ran`,
  });
});

/** Nothing on the page ran, or is there to run. */
async function expectInert(page: Page, path: string): Promise<void> {
  await settled(page);
  const found = await page.evaluate((mark) => {
    const owned = Object.hasOwn(globalThis, mark);
    const scripts = [...document.querySelectorAll('script')].filter(
      ({ src }) => !src.startsWith(location.origin),
    );
    const handlers = [...document.querySelectorAll('*')].filter((element) =>
      [...element.attributes].some(({ name }) => name.startsWith('on')),
    );
    const targets = [...document.querySelectorAll('a[href], [src]')]
      .map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '')
      .filter((target) => /^\s*(?:javascript|vbscript|data:text)/i.test(target));
    const frames = document.querySelectorAll('iframe, object, embed').length;
    return [
      owned ? 'a script ran' : '',
      ...scripts.map((s) => s.outerHTML),
      ...handlers.map((h) => h.outerHTML),
      ...targets,
    ]
      .concat(frames > 0 ? [`${frames} frames`] : [])
      .filter((text) => text !== '');
  }, MARK);
  expect(found, path).toEqual([]);
}

test('the check itself sees what runs', async ({ page, complaints }) => {
  await open(page, '/ui/slos');
  // As if a page had written telemetry into its markup: the policy of the origin still stops it.
  const owned = await page.evaluate((mark) => {
    const place = document.createElement('div');
    place.innerHTML = `<img src="x" onerror="globalThis.${mark}=1">`;
    document.body.append(place);
    return place.querySelector('[onerror]') !== null;
  }, MARK);
  expect(owned, 'the handler stands in the page, where the check looks').toBe(true);
  await expect.poll(() => complaints.join('\n')).toContain('Content Security Policy');
  expect(await page.evaluate((mark) => Object.hasOwn(globalThis, mark), MARK)).toBe(false);
  complaints.length = 0;
});
