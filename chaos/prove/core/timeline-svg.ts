/** One fault as users saw it: bad requests second by second, and when the page came. */
import type { Row } from '#chaos/prove/core/match.ts';
import { escapeHtml, seconds } from '#chaos/prove/core/report-text.ts';
import { bySecond, type SecondOfUsers, type Truth } from '#chaos/prove/core/truth.ts';

const WIDTH = 960;
/** From top to bottom: labels of the marks, bars, axis. */
const LABELS = { top: 12, rowHeight: 15, rows: 4 };
const BARS = { top: 68, height: 72 };
const AXIS_Y = BARS.top + BARS.height;
const HEIGHT = AXIS_Y + 22;
const LEFT = 44;
/** Shown before the fault and after the last mark. */
const BEFORE_MS = 10_000;
const AFTER_MS = 3000;
/** Longer stories would have bars too thin to see. */
const SHOWN_MS_MAX = 240_000;
const TICKS_MAX = 12;
const TICK_STEPS_S = [1, 2, 5, 10, 20, 30, 60];
/** A label this near the right edge stands left of its mark. */
const LABEL_WIDTH = 230;

interface Mark {
  readonly atMs: number;
  readonly text: string;
  readonly state: 'burning' | 'ticket' | 'ok' | 'text-2';
}

interface Frame {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly x: (timeMs: number) => number;
}

/** Of a phase with a fault; `truth` is of the SLO its policy instant is of. */
export function timelineSvg(row: Row, truth: Truth): string {
  const marks = marksOf(row);
  const frame = frameOf(row, marks);
  const { phase } = row;
  const parts = [
    rect(frame.x(phase.startedMs), BARS.top, frame.x(phase.endedMs) - frame.x(phase.startedMs), 'fault'),
    ...gridLines(),
    ...bySecond(truth, frame.fromMs, frame.untilMs).map((second) => bar(second, frame)),
    ...axis(phase.startedMs, frame),
    ...marks.filter(({ atMs }) => atMs <= frame.untilMs).map((mark, index) => markLine(mark, index, frame)),
  ];
  const title = `${phase.title}: share of bad requests each second (${truth.slo.id})`;
  return (
    `<svg class="timeline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">` +
    `${parts.join('')}</svg>`
  );
}

function marksOf({ phase, firstHurtMs, policyMs, page }: Row): readonly Mark[] {
  const since = (atMs: number): string => seconds((atMs - phase.startedMs) / 1000);
  const marks: (Mark | undefined)[] = [
    firstHurtMs === null
      ? undefined
      : { atMs: firstHurtMs, text: `first user hurt, ${since(firstHurtMs)}`, state: 'text-2' },
    policyMs === null
      ? undefined
      : { atMs: policyMs, text: `◆ policy holds, ${since(policyMs)}`, state: 'ticket' },
    page === null
      ? undefined
      : { atMs: page.receivedMs, text: `▲ page, ${since(page.receivedMs)}`, state: 'burning' },
    page === null || page.resolvedMs === null
      ? undefined
      : { atMs: page.resolvedMs, text: `● resolved, ${since(page.resolvedMs)}`, state: 'ok' },
  ];
  return marks.filter((mark) => mark !== undefined).toSorted((a, b) => a.atMs - b.atMs);
}

function frameOf({ phase }: Row, marks: readonly Mark[]): Frame {
  const fromMs = phase.startedMs - BEFORE_MS;
  const lastMs = Math.max(phase.endedMs, ...marks.map(({ atMs }) => atMs));
  const untilMs = Math.min(lastMs + AFTER_MS, fromMs + SHOWN_MS_MAX);
  const x = (timeMs: number): number => {
    const share = (Math.min(timeMs, untilMs) - fromMs) / (untilMs - fromMs);
    return Math.round((LEFT + share * (WIDTH - LEFT)) * 10) / 10;
  };
  return { fromMs, untilMs, x };
}

function rect(x: number, y: number, width: number, name: string): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BARS.height}"/>`;
}

/** A second without a request is marked: it is not a good one. */
function bar({ startMs, total, bad }: SecondOfUsers, { x }: Frame): string {
  const left = x(startMs);
  const width = Math.max(0.5, x(startMs + 1000) - left - 1);
  if (total === 0)
    return `<rect class="none" x="${left}" y="${AXIS_Y - 2}" width="${width.toFixed(1)}" height="2"/>`;
  if (bad === 0) return '';
  const height = Math.max(1, (BARS.height * bad) / total);
  return (
    `<rect class="bad" x="${left}" y="${(AXIS_Y - height).toFixed(1)}" width="${width.toFixed(1)}" ` +
    `height="${height.toFixed(1)}"><title>${bad} of ${total} bad</title></rect>`
  );
}

function gridLines(): string[] {
  return [1, 0.5, 0].flatMap((share) => {
    const y = AXIS_Y - share * BARS.height;
    return [
      `<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}"/>`,
      `<text class="tick" x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${100 * share} %</text>`,
    ];
  });
}

function axis(originMs: number, { fromMs, untilMs, x }: Frame): string[] {
  const spanS = (untilMs - fromMs) / 1000;
  const stepS = TICK_STEPS_S.find((step) => spanS / step <= TICKS_MAX) ?? 60;
  const first = Math.ceil((fromMs - originMs) / 1000 / stepS) * stepS;
  const ticks: string[] = [];
  for (let second = first; originMs + 1000 * second <= untilMs - 500 * stepS; second += stepS) {
    const at = x(originMs + 1000 * second);
    const text = second === 0 ? 'fault' : `${second < 0 ? '−' : '+'}${Math.abs(second)} s`;
    ticks.push(`<text class="tick" x="${at}" y="${AXIS_Y + 16}" text-anchor="middle">${text}</text>`);
  }
  return ticks;
}

/** Labels stand below each other, so that marks of the same second can be read. */
function markLine({ atMs, text, state }: Mark, index: number, { x }: Frame): string {
  const at = x(atMs);
  const y = LABELS.top + (index % LABELS.rows) * LABELS.rowHeight;
  const isLeft = at > WIDTH - LABEL_WIDTH;
  return (
    `<line class="mark ${state}" x1="${at}" x2="${at}" y1="${y - 9}" y2="${AXIS_Y}"/>` +
    `<text class="label ${state}" x="${isLeft ? at - 5 : at + 5}" y="${y}" ` +
    `text-anchor="${isLeft ? 'end' : 'start'}">${escapeHtml(text)}</text>`
  );
}
