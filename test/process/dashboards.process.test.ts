/** Every query of every panel on the living demo: each answers with data through our own APIs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startDemo, type Demo } from '#bin/demo/demo.ts';
import { DEMO_SLOS } from '#bin/demo/layout.ts';
import { CONSOLE_PAGES } from '#dashboards/grafana/build/links.ts';
import { builtBoards } from '#dashboards/grafana/files.ts';
import { FOREIGN } from '#dashboards/grafana/lint/names.ts';
import { viewOf } from '#dashboards/grafana/lint/view.ts';
import { askBoard, type Answer, type Question } from '#test/support/grafana-panels.ts';
import { until } from '#test/support/wait.ts';

/** An hour is a minute, so that a page comes in seconds; scrapes are a second apart. */
const DIVISOR = 60;
/** A page has to come and be delivered, a truck to arrive, and a scrape to tell of both. */
const DATA_MS_MAX = 60_000;
/** Shipments has callers and callees, and an SLO that burns when dispatch fails. */
const VARIABLES = { slo: 'shipments/availability', service: 'shipments' };

const resources = new AsyncDisposableStack();
const startedMs = Date.now();
let demo: Demo;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-dashboards-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  demo = resources.use(
    await startDemo(
      {
        dataDirectory: folder,
        originPort: 0,
        otlpHttpPort: 0,
        requestsPerSecond: 20,
        dailyCurve: false,
        seed: 7,
        sloDirectory: DEMO_SLOS,
        evaluation: { windowDivisor: DIVISOR, burnFactorMultiplier: 1 },
        pagerListens: true,
        libfaketime: undefined,
        events: { onProgress() {}, onPage() {}, onDeath() {}, onLost() {} },
      },
      AbortSignal.timeout(60_000),
    ),
  );
  await breakDispatch();
});
after(() => resources.disposeAsync());

/** Every other request to dispatch fails, long enough to be paged for and to be on while panels are asked. */
async function breakDispatch(): Promise<void> {
  const response = await fetch(`${demo.chaos}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      fault: 'http-error',
      target: 'dispatch',
      forMs: 120_000,
      parameters: { share: 0.5 },
    }),
  });
  assert.equal(response.status, 201, await response.text());
}

function question(): Question {
  const { origin } = demo;
  const bases = { prometheus: origin, alertmanager: origin, jaeger: origin };
  return { bases, variables: VARIABLES, fromMs: startedMs, toMs: Date.now() };
}

test('every query of every panel answers with data', async (t) => {
  const boards = builtBoards().map(viewOf);
  const answered = new Map<string, Answer>();
  const empty = (): readonly Answer[] => [...answered.values()].filter(({ count }) => count === 0);
  await until(
    'every panel to have data',
    async () => {
      for (const board of boards) {
        // What had data once is not asked again.
        const isWanted = (where: string): boolean => (answered.get(where)?.count ?? 0) === 0;
        for (const answer of await askBoard(board, question(), isWanted)) answered.set(answer.where, answer);
      }
      return empty().length === 0;
    },
    { timeoutMs: DATA_MS_MAX, everyMs: 1000, detail: () => empty().map(textOf).join('\n') },
  );
  for (const answer of answered.values()) t.diagnostic(textOf(answer));
  t.diagnostic(`${answered.size} answers after ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  assert.ok(answered.size > 100, `${answered.size} answers`);
});

function textOf({ where, source, count, error }: Answer): string {
  return `${source.padEnd(14)} ${String(count).padStart(6)}  ${where}${error === undefined ? '' : `: ${error}`}`;
}

test('a panel without data is noticed', async () => {
  const [board] = builtBoards().map(viewOf);
  assert.ok(board !== undefined);
  const nowhere = { ...question(), toMs: startedMs - 3_600_000, fromMs: startedMs - 7_200_000 };
  const answers = await askBoard(board, nowhere);
  assert.ok(answers.some(({ count }) => count === 0));
});

test('metrics of others have the labels that the rules believe they have', async () => {
  for (const [name, { type, labels }] of Object.entries(FOREIGN)) {
    const series = type === 'histogram' ? `${name}_bucket` : name;
    const parameters = new URLSearchParams({ 'match[]': series });
    const response = await fetch(`${demo.origin}/api/v1/series?${parameters.toString()}`);
    const { data } = (await response.json()) as {
      readonly data: readonly Readonly<Record<string, string>>[];
    };
    assert.ok(data.length > 0, `there is no ${series}`);
    const found = new Set(data.flatMap((one) => Object.keys(one)));
    for (const label of labels)
      assert.ok(found.has(label), `${name} has no ${label}: ${[...found].join(', ')}`);
  }
});

test('links into the console lead to pages', async () => {
  for (const path of [...Object.values(CONSOLE_PAGES), `/ui/slos/${VARIABLES.slo}`]) {
    const response = await fetch(`${demo.origin}${path}`, { headers: { accept: 'text/html' } });
    assert.equal(response.status, 200, path);
  }
});
