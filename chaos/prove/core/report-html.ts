/** The result of a proof as one page that needs nothing else: no script, no font, no network. */
import type { Verdict, WorldVerdict } from '#chaos/prove/core/judge.ts';
import { truthsOf } from '#chaos/prove/core/judge.ts';
import type { PageSeen, Row } from '#chaos/prove/core/match.ts';
import type { RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import type { ReportContext } from '#chaos/prove/core/report-json.ts';
import { REPORT_STYLE } from '#chaos/prove/core/report-style.ts';
import {
  boundText,
  escapeHtml,
  outcomeText,
  seconds,
  shareText,
  timeOfDay,
  times,
} from '#chaos/prove/core/report-text.ts';
import type { Score, Spread } from '#chaos/prove/core/score.ts';
import { timelineSvg } from '#chaos/prove/core/timeline-svg.ts';
import type { Truth } from '#chaos/prove/core/truth.ts';

/** A ring crossed by the load line. */
const MARK =
  '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.5" aria-hidden="true">' +
  '<circle cx="16" cy="16" r="10"/><path d="M2 16h28"/></svg>';

const GIB = 1024 ** 3;

/** @param runs the recorded runs of `verdict`, in the order of its worlds */
export function reportHtml(verdict: Verdict, runs: readonly RecordedRun[], context: ReportContext): string {
  const worlds = verdict.worlds.flatMap((world, index) => {
    const run = runs[index];
    return run === undefined ? [] : [worldSection(world, truthsOf(run))];
  });
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Proof: ${verdict.passed ? 'passed' : 'failed'}</title>\n<style>${REPORT_STYLE}</style>\n</head>\n<body>\n<main>`,
    headerHtml(verdict),
    verdict.passed ? '' : reasonsSection(verdict.reasons),
    figuresSection(verdict.score),
    ...worlds,
    footerHtml(context),
    '</main>\n</body>\n</html>\n',
  ].join('\n');
}

function headerHtml({ passed, score, worlds }: Verdict): string {
  const { recall, precision } = score;
  const falsePages = precision.of - precision.hits;
  const state = passed ? '<span class="ok">● Passed.</span>' : '<span class="burning">▲ Failed.</span>';
  const requests = worlds.reduce((sum, world) => sum + world.requests, 0);
  const found =
    recall.of === 0
      ? 'No fault hurt users, so there is nothing to count.'
      : `${shareText(recall)} faults that hurt users paged in time; ${falsePages} false ${falsePages === 1 ? 'page' : 'pages'}; ` +
        `${requests} requests of users watched.`;
  return `<header>${MARK}<div><h1>Proof that the alerts fire</h1><p>${state} ${found}</p></div></header>`;
}

function reasonsSection(reasons: readonly string[]): string {
  const items = reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('');
  return `<section><h2 class="burning">▲ What stands against it</h2><ul>${items}</ul></section>`;
}

function figuresSection(score: Score): string {
  const spread = (value: Spread | null, text: (figure: number) => string): readonly [string, string] =>
    value === null ? ['–', 'nothing to count'] : [text(value.median), `median; at most ${text(value.max)}`];
  const figures: readonly (readonly [string, readonly [string, string]])[] = [
    ['Faults paged in time (recall)', [shareText(score.recall), boundText(score.recall)]],
    ['Pages that were right (precision)', [shareText(score.precision), boundText(score.precision)]],
    ['First suspect right', [shareText(score.blameTop1), boundText(score.blameTop1)]],
    ['Harmless phases without a page', [shareText(score.quiet), boundText(score.quiet)]],
    ['Page after the policy held', spread(score.secondsFromPolicy, seconds)],
    ['Page after the first user was hurt', spread(score.secondsFromFirstHurt, seconds)],
    ['Time to page by the least possible', spread(score.efficiency, times)],
    ['Resolved after the fault ended', spread(score.resolvedAfterSeconds, seconds)],
  ];
  const items = figures.map(
    ([name, [value, bound]]) => `<div><dt>${name}</dt><dd>${value}</dd><dd>${bound}</dd></div>`,
  );
  return (
    '<section><h2>Figures</h2><p class="meaning">Truth is what users saw; blame is what the page said.</p>' +
    `<dl class="figures">${items.join('')}</dl></section>`
  );
}

function worldSection(world: WorldVerdict, truths: readonly Truth[]): string {
  const { kind, divisor, seed, requests, rows, strays } = world;
  const windows = divisor === 1 ? 'windows as written' : `every window divided by ${divisor}`;
  const meaning = `${windows}; seed ${seed}; ${requests} requests of users.`;
  const faults = rows.filter(({ phase }) => phase.kind === 'fault');
  return (
    `<section><h2>${escapeHtml(kind)}</h2><p class="meaning">${meaning}</p>` +
    `<div class="wide">${tableHtml(rows)}</div>` +
    strays.map((page) => falsePage(page, 'outside of every phase')).join('') +
    rows.flatMap(({ falsePages, phase }) => falsePages.map((page) => falsePage(page, phase.id))).join('') +
    `${faults.map((row) => storyHtml(row, truths)).join('')}</section>`
  );
}

const COLUMNS = [
  'phase',
  'target',
  'outcome',
  'first hurt to page',
  'policy to page',
  'by the least possible',
  'page of',
  'first suspect',
  'resolved after',
  'further pages',
  'false pages',
];
const NUMERIC = new Set([3, 4, 5, 8, 9, 10]);

function tableHtml(rows: readonly Row[]): string {
  const head = COLUMNS.map((name, index) => `<th${numeric(index)}>${name}</th>`).join('');
  const body = rows.map((row) => {
    const cells = cellsOf(row).map((cell, index) => `<td${numeric(index)}>${cell}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function numeric(index: number): string {
  return NUMERIC.has(index) ? ' class="number"' : '';
}

function cellsOf(row: Row): readonly string[] {
  const { phase, page } = row;
  const { glyph, word, state } = outcomeText(row.outcome);
  return [
    escapeHtml(phase.title),
    phase.kind === 'fault' ? escapeHtml(phase.target ?? '–') : '–',
    `<span class="${state}">${glyph} ${word}</span>`,
    seconds(row.secondsFromFirstHurt),
    seconds(row.secondsFromPolicy),
    times(row.efficiency),
    page === null ? '–' : escapeHtml(page.sloId === '' ? page.service : page.sloId),
    suspectHtml(row),
    seconds(row.resolvedAfterSeconds),
    String(row.duplicates),
    String(row.falsePages.length),
  ];
}

function suspectHtml({ page, blamedRight }: Row): string {
  if (page === null) return '–';
  const name = escapeHtml(page.blamed ?? 'none');
  return blamedRight === true
    ? `<span class="ok">● ${name}</span>`
    : `<span class="burning">▲ ${name}</span>`;
}

function falsePage(page: PageSeen, where: string): string {
  const what = [page.alertname, page.sloId === '' ? page.service : page.sloId].join(' ').trim();
  return (
    `<p class="burning">▲ False page, ${escapeHtml(where)}, ${timeOfDay(page.receivedMs)} UTC: ` +
    `${escapeHtml(what)}</p>`
  );
}

function storyHtml(row: Row, truths: readonly Truth[]): string {
  const { phase, page } = row;
  const truth = truths.find(({ slo }) => slo.id === row.policySlo) ?? truths[0];
  const reason =
    page === null ? 'No page came.' : page.reason === '' ? 'The page gave no reason.' : page.reason;
  return (
    `<div class="fault-story"><h3>${escapeHtml(phase.title)}</h3>` +
    `<p class="meaning">${timeOfDay(phase.startedMs)} to ${timeOfDay(phase.endedMs)} UTC. ${escapeHtml(reason)}</p>` +
    (truth === undefined ? '' : `<div class="wide">${timelineSvg(row, truth)}</div>`) +
    '</div>'
  );
}

function footerHtml({ startedAt, tookMs, commit, machine }: ReportContext): string {
  const { cpus, cpuModel, memoryBytes, system, node } = machine;
  const parts = [
    `Started ${startedAt}, took ${Math.round(tookMs / 1000)} s.`,
    `Commit ${commit ?? 'unknown'}.`,
    `${cpus} × ${cpuModel}, ${(memoryBytes / GIB).toFixed(1)} GiB, ${system}, Node ${node}.`,
    'Bars: share of bad requests each second, from the log of the users; grey: no request; shaded: the fault.',
  ];
  return `<footer>${parts.map(escapeHtml).join(' ')}</footer>`;
}
