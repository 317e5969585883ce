/**
 * Burn policies when a file names none: the pairs of the SRE Workbook
 * ("Alerting on SLOs") with the one-day row that Sloth and kubernetes-mixin add.
 */
import { formatDuration } from '#base/duration.ts';
import type { BurnPolicy } from '#signals/openslo/model.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The period the workbook's windows are made for. */
const WORKBOOK_PERIOD_MS = 30 * DAY_MS;
/** Below this the windows shrink with the period; else a slow pair would fire within budget. */
const FIXED_WINDOWS_PERIOD_MS_MIN = 28 * DAY_MS;

const WORKBOOK = [
  { severity: 'page', budgetPercent: 2, longWindowMs: HOUR_MS, shortWindowMs: HOUR_MS / 12 },
  { severity: 'page', budgetPercent: 5, longWindowMs: 6 * HOUR_MS, shortWindowMs: HOUR_MS / 2 },
  { severity: 'ticket', budgetPercent: 10, longWindowMs: DAY_MS, shortWindowMs: 2 * HOUR_MS },
  { severity: 'ticket', budgetPercent: 10, longWindowMs: 3 * DAY_MS, shortWindowMs: 6 * HOUR_MS },
] as const;

/** Failures that a long window must hold before anything fires: fewer are chance. */
export const BAD_EVENTS_MIN_DEFAULT = 5;
/** A short window where none is written: a twelfth of the long one. */
export const SHORT_WINDOW_SHARE = 12;

/** Burn rate at which `budgetPercent` of a period's budget is spent in one window. */
export function factorOf(budgetPercent: number, periodMs: number, windowMs: number): number {
  return (budgetPercent * periodMs) / (100 * windowMs);
}

export function defaultPolicies(periodMs: number): readonly BurnPolicy[] {
  const scale = periodMs >= FIXED_WINDOWS_PERIOD_MS_MIN ? 1 : periodMs / WORKBOOK_PERIOD_MS;
  const scaled = (windowMs: number): number =>
    Math.max(SECOND_MS, Math.round((windowMs * scale) / SECOND_MS) * SECOND_MS);
  return WORKBOOK.map(({ severity, budgetPercent, longWindowMs, shortWindowMs }) => ({
    severity,
    longWindowMs: scaled(longWindowMs),
    shortWindowMs: scaled(shortWindowMs),
    factor: factorOf(budgetPercent, periodMs, scaled(longWindowMs)),
  }));
}

/** The burn rate of a total outage: nothing burns faster. */
export function burnMax(objective: number): number {
  return 1 / (1 - objective);
}

/** Why a pair can never fire, or undefined when it can. */
export function neverFires(policy: BurnPolicy, objective: number): string | undefined {
  const max = burnMax(objective);
  if (policy.factor < max * (1 - 1e-9)) return undefined;
  const pair = `${formatDuration(policy.longWindowMs)}/${formatDuration(policy.shortWindowMs)}`;
  return (
    `the ${policy.severity} pair ${pair} can never fire: it wants a burn rate over ${short(policy.factor)}, ` +
    `but at this objective a total outage burns at ${short(max)}`
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
