/** Grafana's boards: as generated, within the rules, and each rule shown to catch what it is for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { BOARD_UIDS, boardVariables, type BoardSubject } from '#dashboards/console/core/grafana.ts';
import { SOURCES } from '#dashboards/grafana/build/sources.ts';
import { builtBoards, generatedFiles } from '#dashboards/grafana/files.ts';
import { FOREIGN } from '#dashboards/grafana/lint/names.ts';
import { queryProblems } from '#dashboards/grafana/lint/queries.ts';
import { boardProblems, lintBoards } from '#dashboards/grafana/lint/rules.ts';
import { panelsOf, viewOf, type BoardView, type PanelView } from '#dashboards/grafana/lint/view.ts';
import { isTest, pathsWith, readText, sourceFiles } from '#test/tidy/source.ts';

const FOLDER = 'dashboards/grafana/';
const BOARDS = builtBoards();

test('the boards and their provisioning are what npm run dashboards writes', () => {
  const files = generatedFiles(BOARDS);
  for (const [name, text] of files)
    assert.equal(readText(`${FOLDER}${name}`), text, `${name}: npm run dashboards`);
  const stored = pathsWith('.json', '.yaml').filter((path) => path.startsWith(FOLDER));
  assert.deepEqual(stored, [...files.keys()].map((name) => `${FOLDER}${name}`).toSorted());
});

test('the console leads to boards there are, with variables they have', () => {
  const named = { slo: 'gateway/availability', service: 'gateway' };
  for (const [board, uid] of Object.entries(BOARD_UIDS)) {
    const subject = { board, ...named } as BoardSubject;
    const found = BOARDS.find((one) => one.uid === uid);
    assert.ok(found, `${board}: no board has the uid ${uid}`);
    const has = found.templating?.list?.map(({ name }) => name) ?? [];
    for (const name of ['console', ...Object.keys(boardVariables(subject))])
      assert.ok(has.includes(name), `${uid} has no variable ${name}`);
  }
});

test('every board keeps the rules', () => {
  assert.deepEqual(lintBoards(BOARDS), []);
});

function planted(change: (panel: PanelView) => Partial<PanelView>): readonly string[] {
  const [board] = BOARDS.map(viewOf);
  const [panel] = board === undefined ? [] : panelsOf(board);
  assert.ok(board !== undefined && panel !== undefined);
  const only: BoardView = { ...board, panels: [{ ...panel, ...change(panel) }] };
  return boardProblems(only, new Set(BOARDS.map(({ uid }) => uid ?? '')));
}

function withExpr(expr: string): (panel: PanelView) => Partial<PanelView> {
  return ({ targets = [] }) => ({ targets: targets.map((target) => ({ ...target, expr })) });
}

const PLANTS: readonly (readonly [string, (panel: PanelView) => Partial<PanelView>, RegExp])[] = [
  ['no title', () => ({ title: '' }), /no title/],
  ['no description', () => ({ description: 'Short' }), /not a sentence/],
  ['no unit', () => ({ fieldConfig: { defaults: {} } }), /no unit/],
  ['a foreign source', () => ({ datasource: { type: 'loki', uid: 'x' } }), /not one of ours/],
  ['nothing asked', () => ({ targets: [] }), /asks nothing/],
  [
    'a link into the void',
    () => ({ links: [{ title: 'x', url: '/nowhere' }] }),
    /neither the console nor a board/,
  ],
  ['a metric nobody sets', withExpr('sum(plimsoll_nothing)'), /which nobody sets/],
  ['a raw counter', withExpr('sum(plimsoll_incidents_total)'), /since when/],
];

for (const [what, change, expected] of PLANTS) {
  test(`planted: ${what}`, () => {
    assert.deepEqual(
      planted(() => ({})),
      [],
    );
    const problems = planted(change);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', expected);
  });
}

const QUERIES: readonly (readonly [string, RegExp])[] = [
  ['sum(', /cannot be parsed by Prometheus/],
  ['rate(freight_quotes_total[5m])', /instead of \$__rate_interval/],
  ['rate(freight_trips[$__rate_interval])', /rate of the gauge/],
  ['deriv(freight_quotes_total[$__rate_interval])', /deriv of the counter/],
  ['freight_trips{colour="red"}', /which it does not have/],
  ['sum by (colour) (freight_trips)', /nothing below has/],
  ['freight_trips{job="$nobody"}', /variable nobody defines/],
  ['plimsoll_scrapes_total{code="x"}', /which it does not have/],
];

for (const [query, expected] of QUERIES) {
  test(`planted query: ${query}`, () => assert.match(queryProblems(query).join('\n'), expected));
}

test('a label that the scrape needs itself is known under its other name', () => {
  assert.deepEqual(
    queryProblems('sum by (exported_job) (rate(plimsoll_scrapes_total[$__rate_interval]))'),
    [],
  );
});

/** Made of words at run time; the process test finds them in the store. */
const DERIVED = /^(?:traces_|nodejs_eventloop_delay_)/;

test('metrics of others are set somewhere', () => {
  const code = sourceFiles()
    .filter(({ path }) => /^(?:sdk|chaos|sample-services)\//.test(path) && !isTest(path))
    .map((file) => file.code)
    .join('\n');
  const missing = Object.keys(FOREIGN).filter((name) => !DERIVED.test(name) && !code.includes(`'${name}'`));
  assert.deepEqual(missing, []);
});

test('provisioning names the uids of the boards and doubles what is not for it', () => {
  const uids = Object.values(SOURCES).map(({ uid }) => uid);
  for (const flavour of ['plimsoll', 'engines']) {
    const text = readText(`${FOLDER}provisioning/${flavour}/datasources/plimsoll.yaml`);
    const { datasources } = parse(text) as { readonly datasources: readonly { readonly uid: string }[] };
    assert.deepEqual(
      datasources.map(({ uid }) => uid),
      uids,
    );
    const single = [...text.matchAll(/(?<!\$)\$(?!\$)(?<name>\w*)/g)].map(
      ({ groups }) => groups?.['name'] ?? '',
    );
    assert.ok(single.length > 0);
    for (const name of single)
      assert.match(name, /^[A-Z][A-Z_]+_(?:URL|KEY|DASHBOARDS)$/, `${flavour}: $${name}`);
  }
});
