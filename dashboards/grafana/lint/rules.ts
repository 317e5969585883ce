/** The rules every board keeps. A problem is a sentence that begins with where it is. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { CONSOLE_PAGES } from '#dashboards/grafana/build/links.ts';
import { COLORS } from '#dashboards/grafana/build/look.ts';
import { SOURCES } from '#dashboards/grafana/build/sources.ts';
import { DOCUMENT_FIELDS } from '#dashboards/grafana/lint/names.ts';
import { queryProblems, rawCounters } from '#dashboards/grafana/lint/queries.ts';
import {
  panelsOf,
  viewOf,
  type BoardView,
  type LinkView,
  type PanelView,
  type TargetView,
} from '#dashboards/grafana/lint/view.ts';

const COLUMNS = 24;
/** Asks its source by name. */
const WITHOUT_TARGETS: ReadonlySet<string> = new Set(['alertGroups']);
const UIDS: ReadonlySet<string> = new Set(Object.values(SOURCES).map(({ uid }) => uid));
const HUES: ReadonlySet<string> = new Set(Object.values(COLORS));
const JAEGER_QUERIES: ReadonlySet<string> = new Set(['search']);
/** `RefreshOnTimeRangeChanged`. */
const ON_TIME_RANGE = 2;

export function lintBoards(dashboards: readonly Dashboard[]): readonly string[] {
  const views = dashboards.map(viewOf);
  const uids = new Set(views.map(({ uid }) => uid));
  const twice = views.length === uids.size ? [] : ['two boards have one uid'];
  return [...twice, ...views.flatMap((view) => boardProblems(view, uids))];
}

export function boardProblems(board: BoardView, boardUids: ReadonlySet<string>): readonly string[] {
  const here: string[] = [];
  if (!/^plimsoll-[a-z-]+$/.test(board.uid)) here.push('its uid is not plimsoll-…');
  if (board.editable) here.push('it can be edited in Grafana, and would differ from its file');
  if (!isSentence(board.description)) here.push('its description is not a sentence');
  if (!board.tags.includes('plimsoll')) here.push('it does not have the tag plimsoll');
  for (const link of board.links) here.push(...linkProblems(link, boardUids));
  here.push(...variableProblems(board), ...markProblems(board), ...gridProblems(board));
  const titles = panelsOf(board).map(({ title }) => title);
  const repeated = titles.find((title, index) => titles.indexOf(title) !== index);
  // Of one board two panels may share a title in different rows only when one is a figure.
  if (repeated !== undefined && hasTwin(board, repeated))
    here.push(`two panels of a kind are called ${repeated}`);
  const inside = panelsOf(board).flatMap((panel) =>
    panelProblems(panel, boardUids).map((problem) => `${board.uid}: ${panel.title}: ${problem}`),
  );
  return [...here.map((problem) => `${board.uid}: ${problem}`), ...inside];
}

function hasTwin(board: BoardView, title: string): boolean {
  const kinds = panelsOf(board)
    .filter((panel) => panel.title === title)
    .map(({ type }) => type);
  return new Set(kinds).size !== kinds.length;
}

function isSentence(text: string | undefined): boolean {
  return text !== undefined && text.length >= 15 && /^\S.*[.?]$/.test(text);
}

function panelProblems(panel: PanelView, boardUids: ReadonlySet<string>): readonly string[] {
  const { title, type, targets = [], links = [] } = panel;
  const defaults = panel.fieldConfig?.defaults ?? {};
  const steps = defaults.thresholds?.steps ?? [];
  return [
    ...unless(title !== '', 'it has no title'),
    ...unless(isSentence(panel.description), 'its description is not a sentence'),
    ...unless((defaults.unit ?? '') !== '', 'it has no unit'),
    ...unless(UIDS.has(panel.datasource?.uid ?? ''), 'its data source is not one of ours'),
    ...unless(targets.length > 0 || WITHOUT_TARGETS.has(type), 'it asks nothing'),
    ...steps.flatMap(({ color }) => unless(HUES.has(color), `the colour ${color} is not of the house`)),
    ...[...links, ...(defaults.links ?? [])].flatMap((link) => linkProblems(link, boardUids)),
    ...targets.flatMap((target) =>
      targetProblems(target, panel).map((problem) => `${target.refId} ${problem}`),
    ),
  ];
}

function unless(isWell: boolean, problem: string): readonly string[] {
  return isWell ? [] : [problem];
}

function targetProblems(target: TargetView, panel: PanelView): readonly string[] {
  if (!UIDS.has(target.datasource.uid)) return ['has a data source that is not one of ours'];
  switch (target.datasource.type) {
    case 'prometheus':
      return prometheusProblems(target, panel);
    case 'jaeger':
      return unless(JAEGER_QUERIES.has(target.queryType ?? ''), "is no query of Jaeger's");
    case 'elasticsearch':
      return documentProblems(target);
    default:
      return [`has the data source ${target.datasource.type}, which answers no queries`];
  }
}

function prometheusProblems(target: TargetView, panel: PanelView): readonly string[] {
  const { expr = '' } = target;
  const problems = queryProblems(expr);
  if (problems.length > 0) return problems;
  const rising = rawCounters(expr);
  const saysSince = /since the (?:start|fault daemon)/i.test(panel.description ?? '');
  return [
    ...legendProblems(target, expr),
    ...unless(
      rising.length === 0 || saysSince,
      `shows the counter ${rising.join(', ')} as it is, and the description does not say since when`,
    ),
    ...unless(panel.type !== 'timeseries' || target.range === true, 'is no range query'),
  ];
}

function legendProblems({ legendFormat = '', format }: TargetView, expr: string): readonly string[] {
  const isNamedByColumns = format === 'table' || format === 'heatmap';
  const labels = [...legendFormat.matchAll(/\{\{(?<label>\w+)\}\}/g)].map(
    ({ groups }) => groups?.['label'] ?? '',
  );
  return [
    ...unless(isNamedByColumns || legendFormat !== '', 'has no legend'),
    ...labels.flatMap((label) =>
      unless(
        new RegExp(`\\b${label}\\b`).test(expr),
        `has {{${label}}} in its legend, which it does not keep`,
      ),
    ),
  ];
}

function documentProblems({
  query = '',
  timeField,
  metrics = [],
  bucketAggs = [],
}: TargetView): readonly string[] {
  const asked = [...query.matchAll(/(?<field>[@\w.]+):/g)].map(({ groups }) => groups?.['field'] ?? '');
  const fields = [
    ...asked,
    timeField ?? '',
    ...[...metrics, ...bucketAggs].flatMap(({ field }) => field ?? []),
  ];
  return fields
    .filter((field) => !DOCUMENT_FIELDS.has(field))
    .map((field) => `names the field ${field}, which no document has`);
}

function linkProblems(
  { title, url = '', type }: LinkView,
  boardUids: ReadonlySet<string>,
): readonly string[] {
  if (type === 'dashboards') return [];
  const page = Object.values(CONSOLE_PAGES).find(
    (path) =>
      url === `\${console}${path}` ||
      url.startsWith(`\${console}${path}/`) ||
      url.startsWith(`\${console}${path}?`),
  );
  const board = /^\/d\/(?<uid>[\w-]+)\?/.exec(url)?.groups?.['uid'];
  if (page !== undefined || (board !== undefined && boardUids.has(board))) return [];
  return [`the link ${title} leads to ${url}, which is neither the console nor a board`];
}

function variableProblems({ templating }: BoardView): readonly string[] {
  return templating.list
    .filter(({ type }) => type === 'query')
    .flatMap(({ name, query = '', refresh }) => {
      const found = /^label_values\((?<series>.+), \w+\)$/.exec(query)?.groups?.['series'];
      const problems = found === undefined ? [`asks ${query}`] : queryProblems(found);
      const reloads = refresh === ON_TIME_RANGE ? [] : ['does not follow the time range'];
      return [...problems, ...reloads].map((problem) => `the variable ${name} ${problem}`);
    });
}

function markProblems({ annotations }: BoardView): readonly string[] {
  return (annotations?.list ?? []).flatMap(({ name, expr = '' }) =>
    queryProblems(expr).map((problem) => `the mark ${name} ${problem}`),
  );
}

/** Nothing sticks out, nothing overlaps. */
function gridProblems(board: BoardView): readonly string[] {
  const taken = new Map<string, string>();
  const problems: string[] = [];
  for (const { title, gridPos } of board.panels) {
    if (gridPos.x + gridPos.w > COLUMNS) problems.push(`${title} sticks out to the right`);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        const other = taken.get(`${x} ${y}`);
        if (other !== undefined && other !== title) problems.push(`${title} lies over ${other}`);
        taken.set(`${x} ${y}`, title);
      }
  }
  return [...new Set(problems)];
}
