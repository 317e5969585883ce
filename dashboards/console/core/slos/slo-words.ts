/** An SLO in words and in the order of worry: what is said of it on every page. */
import { formatBurn, formatNumber, formatShare } from '#dashboards/console/core/numbers.ts';
import { formatDuration, formatWindow } from '#dashboards/console/core/times.ts';

export interface SloWindow {
  readonly severity: 'page' | 'ticket';
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  readonly factor: number;
  readonly longBurn: number;
  readonly shortBurn: number;
  readonly badInLongWindow: number;
  readonly holds: boolean;
}

/** What is needed of `GET /slos`. */
export interface JudgedSlo {
  readonly id: string;
  readonly service: string;
  readonly objective: number;
  readonly indicator: 'availability' | 'latency' | 'ratio';
  readonly thresholdMs: number | null;
  readonly periodMs: number;
  readonly state: 'ok' | 'burning' | 'idle' | 'blind' | 'catching-up';
  readonly stateSinceMs: number;
  readonly windows: readonly SloWindow[];
  readonly budget: {
    readonly good: number;
    readonly total: number;
    readonly allowedBad: number;
    readonly remainingRatio: number | null;
    readonly exhaustedInMs: number | null;
  };
}

/** Burning by a page policy, blind, burning slowly, behind, overspent, fine, idle. */
function worry({ state, windows, budget }: JudgedSlo): number {
  if (state === 'burning') return windows.some(({ holds, severity }) => holds && severity === 'page') ? 0 : 2;
  if (state === 'blind') return 1;
  if (state === 'catching-up') return 3;
  if ((budget.remainingRatio ?? 1) <= 0) return 4;
  return state === 'ok' ? 5 : 6;
}

/** Worst first; among equals the least budget, then the name, so that rows do not jump without reason. */
export function byWorry<T extends JudgedSlo>(slos: readonly T[]): readonly T[] {
  return slos.toSorted(
    (a, b) =>
      worry(a) - worry(b) ||
      (a.budget.remainingRatio ?? 1) - (b.budget.remainingRatio ?? 1) ||
      (a.id < b.id ? -1 : 1),
  );
}

export function needsAttention(slo: JudgedSlo): boolean {
  return slo.state === 'burning' || slo.state === 'blind';
}

/** The pair that answers soonest. */
export function fastestWindow({ windows }: Pick<JudgedSlo, 'windows'>): SloWindow | undefined {
  return windows.toSorted((a, b) => a.longWindowMs - b.longWindowMs || b.factor - a.factor)[0];
}

/** How fast the budget burns: over the shortest window of all. */
export function burnNow(slo: Pick<JudgedSlo, 'windows'>): number | null {
  return fastestWindow(slo)?.shortBurn ?? null;
}

/** Still held by longer windows, while the shortest burns no faster than allowed. */
export function isRecovering(slo: Pick<JudgedSlo, 'windows' | 'state'>): boolean {
  return slo.state === 'burning' && (burnNow(slo) ?? 0) < 1;
}

/** `31 min left of 43 min (72 %)`; the time is how long everything might fail. */
export function budgetWords({ objective, periodMs, budget }: JudgedSlo): string {
  if (budget.remainingRatio === null) return 'untouched: no event yet';
  const wholeMs = (1 - objective) * periodMs;
  const share = formatShare(Math.abs(budget.remainingRatio));
  if (budget.remainingRatio < 0)
    return `overspent by ${formatDuration(-budget.remainingRatio * wholeMs)} of ${formatDuration(wholeMs)} (${share})`;
  return `${formatDuration(budget.remainingRatio * wholeMs)} left of ${formatDuration(wholeMs)} (${share})`;
}

/** `gone in 2 h 10 min at this rate`; undefined while it lasts beyond the period. */
export function exhaustionWords({
  budget,
  periodMs,
}: Pick<JudgedSlo, 'budget' | 'periodMs'>): string | undefined {
  if ((budget.remainingRatio ?? 1) <= 0) return 'the budget is spent';
  if (budget.exhaustedInMs === null || budget.exhaustedInMs > periodMs) return undefined;
  return `gone in ${formatDuration(budget.exhaustedInMs)} at this rate`;
}

const DAY_MS = 86_400_000;

/** `30-day`; shorter periods by their short name. */
function periodWord(periodMs: number): string {
  return periodMs % DAY_MS === 0 ? `${periodMs / DAY_MS}-day` : formatWindow(periodMs);
}

/** What good means: `99.9 % of 30d without a server error`. */
export function promiseWords({ objective, indicator, thresholdMs, periodMs }: JudgedSlo): string {
  const share = `${formatShare(objective)} over ${formatWindow(periodMs)}`;
  switch (indicator) {
    case 'availability':
      return `${share} without an error`;
    case 'latency':
      return `${share} within ${formatDuration(thresholdMs)}`;
    case 'ratio':
      return `${share} good by count`;
    default:
      return indicator satisfies never;
  }
}

/** The state in one sentence with the way out. */
export function sloSentence(slo: JudgedSlo, nowMs: number): string {
  const since = formatDuration(Math.max(0, nowMs - slo.stateSinceMs));
  switch (slo.state) {
    case 'burning':
      return burningSentence(slo, since);
    case 'blind':
      return `No telemetry of ${slo.service} for ${since}: nothing can be judged until it comes again.`;
    case 'catching-up':
      return 'The judging is behind the journal: the state will be told when it has caught up.';
    case 'idle':
      return `No events for ${since}; ${slo.service} is alive and has nothing to do.`;
    case 'ok':
      return okSentence(slo);
    default:
      return slo.state satisfies never;
  }
}

function burningSentence(slo: JudgedSlo, since: string): string {
  if (isRecovering(slo)) return recoveringSentence(slo);
  const { budget } = slo;
  const how = `Burning ${formatBurn(burnNow(slo))} for ${since}`;
  if ((budget.remainingRatio ?? 1) <= 0) return `${how}; the ${periodWord(slo.periodMs)} budget is spent.`;
  if (budget.exhaustedInMs === null) return `${how}.`;
  return `${how}; at this rate the ${periodWord(slo.periodMs)} budget is gone in ${formatDuration(budget.exhaustedInMs)}.`;
}

function recoveringSentence(slo: JudgedSlo): string {
  const holding = fastestWindow({ windows: slo.windows.filter(({ holds }) => holds) });
  const recent = formatWindow(fastestWindow(slo)?.shortWindowMs ?? 0);
  const how = `Recovering: ${formatBurn(burnNow(slo))} over the last ${recent}`;
  if (holding === undefined) return `${how}.`;
  return `${how}; it stays open while the last ${formatWindow(holding.shortWindowMs)} burn ${formatBurn(holding.shortBurn)}.`;
}

function okSentence(slo: JudgedSlo): string {
  const left = slo.budget.remainingRatio;
  if (left === null) return 'No event has been counted yet.';
  if (left <= 0)
    return `The ${periodWord(slo.periodMs)} budget is spent; it burns no faster than allowed now.`;
  const gone = exhaustionWords(slo);
  const rest = gone === undefined ? '' : `; it burns ${formatBurn(burnNow(slo))}, ${gone}`;
  return `Within its objective, ${formatShare(left)} of the budget left${rest}.`;
}

export interface BurnRow {
  readonly window: SloWindow;
  /** `1h / 5m`. */
  readonly name: string;
  /** Share of the bar, 0 … 1; the factor stands at {@link FACTOR_AT}. */
  readonly longRatio: number;
  readonly shortRatio: number;
  /** Which part of the pair is missing for it to hold. */
  readonly says: string;
}

/** All factors in one line, so that what crosses it is seen at once. */
export const FACTOR_AT = 0.5;

export function burnRows(windows: readonly SloWindow[]): readonly BurnRow[] {
  const scaled = (burn: number, factor: number): number =>
    Math.min(1, Math.max(0, (burn / factor) * FACTOR_AT));
  return windows
    .toSorted((a, b) => a.longWindowMs - b.longWindowMs)
    .map((window) => ({
      window,
      name: `${formatWindow(window.longWindowMs)} / ${formatWindow(window.shortWindowMs)}`,
      longRatio: scaled(window.longBurn, window.factor),
      shortRatio: scaled(window.shortBurn, window.factor),
      says: burnSays(window),
    }));
}

function burnSays({ holds, severity, factor, longBurn, shortBurn }: SloWindow): string {
  const what = severity === 'page' ? 'pages' : 'opens a ticket';
  if (holds) return `holds: ${what}`;
  if (longBurn >= factor) return 'the long window still burns, the short one has recovered';
  if (shortBurn >= factor) return 'the short window burns, the long one not yet';
  return `${what} from ${formatNumber(factor)}× in both`;
}
