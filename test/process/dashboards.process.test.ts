/** Every query of every panel on the living demo: each answers with data through our own APIs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CONSOLE_PAGES } from '#dashboards/grafana/build/links.ts';
import { builtBoards } from '#dashboards/grafana/files.ts';
import { FOREIGN } from '#dashboards/grafana/lint/names.ts';
import { panelsOf, viewOf } from '#dashboards/grafana/lint/view.ts';
import {
  askUntilFull,
  BOARD_VARIABLES,
  questionNow,
  startBoardsDemo,
  type BoardsDemo,
} from '#test/support/boards-demo.ts';
import { askBoard, type Bases } from '#test/support/grafana-panels.ts';

const BOARDS = builtBoards().map(viewOf);

const resources = new AsyncDisposableStack();
let running: BoardsDemo;
/** Whether the origin answers as Elasticsearch. */
let hasDocuments = false;

before(async () => {
  running = resources.use(await startBoardsDemo());
  hasDocuments = (await fetch(`${running.demo.origin}/es/`)).ok;
});
after(() => resources.disposeAsync());

/** Plimsoll alone, as the provisioning of that flavour has it. */
function bases(): Bases {
  const { origin } = running.demo;
  const documents = hasDocuments ? { elasticsearch: `${origin}/es` } : {};
  return { prometheus: origin, alertmanager: origin, jaeger: origin, ...documents };
}

test('every query of every panel answers with data', async (t) => {
  if (!hasDocuments) for (const where of documentQueries()) t.diagnostic(`no API under /es yet: ${where}`);
  const answers = await askUntilFull(t, BOARDS, { running, bases: bases() });
  assert.ok(answers.length > 100, `${answers.length} answers`);
  const sources = [...new Set(answers.map(({ source }) => source))];
  assert.deepEqual(sources.toSorted(), Object.keys(bases()).toSorted());
});

function documentQueries(): readonly string[] {
  return BOARDS.flatMap((board) =>
    panelsOf(board)
      .filter(({ datasource }) => datasource?.type === 'elasticsearch')
      .map(({ title }) => `${board.uid} › ${title}`),
  );
}

test('a panel without data is noticed', async () => {
  const [board] = BOARDS;
  assert.ok(board !== undefined);
  const { startedMs } = running;
  const before = { fromMs: startedMs - 7_200_000, toMs: startedMs - 3_600_000 };
  const answers = await askBoard(board, { ...questionNow(running, bases()), ...before });
  assert.ok(answers.some(({ count }) => count === 0));
});

test('metrics of others have the labels that the rules believe they have', async () => {
  for (const [name, { type, labels }] of Object.entries(FOREIGN)) {
    const series = type === 'histogram' ? `${name}_bucket` : name;
    const parameters = new URLSearchParams({ 'match[]': series });
    const response = await fetch(`${running.demo.origin}/api/v1/series?${parameters.toString()}`);
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
  for (const path of [...Object.values(CONSOLE_PAGES), `/ui/slos/${BOARD_VARIABLES.slo}`]) {
    const response = await fetch(`${running.demo.origin}${path}`, { headers: { accept: 'text/html' } });
    assert.equal(response.status, 200, path);
  }
});
