/** The verdict over recorded runs: passed, or every reason why not. */
import { matchPages, type PageSeen, type Row } from '#chaos/prove/core/match.ts';
import { RUN_VERSION, type RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import { scoreOf, type Score } from '#chaos/prove/core/score.ts';
import { truthOf, type Truth } from '#chaos/prove/core/truth.ts';
import { unpackUsers } from '#chaos/prove/core/users.ts';

export interface JudgeLimits {
  /** A page may come so long after the earliest instant it could. */
  readonly deadlineMs: number;
  /** Share of detected faults whose first page must name the target first. */
  readonly blameTop1Min: number;
  /** 99 % of the load must not start later than this after it was intended. */
  readonly generatorLagMsMax: number;
}

export const LIMITS: JudgeLimits = {
  deadlineMs: 10_000,
  // Of the five faults of the quick run one may be blamed on a neighbour.
  blameTop1Min: 0.8,
  // A tenth of a second: pages are judged by the second.
  generatorLagMsMax: 100,
};

export interface WorldVerdict {
  readonly kind: string;
  readonly divisor: number;
  readonly seed: number;
  /** Of users, in all. */
  readonly requests: number;
  readonly rows: readonly Row[];
  /** Pages outside of every phase. */
  readonly strays: readonly PageSeen[];
}

export interface Verdict {
  readonly passed: boolean;
  /** What stands against it; empty when it passed. */
  readonly reasons: readonly string[];
  readonly limits: JudgeLimits;
  readonly score: Score;
  readonly worlds: readonly WorldVerdict[];
}

/** The verdict over one world. */
export function judge(run: RecordedRun, limits: JudgeLimits = LIMITS): Verdict {
  return judgeAll([run], limits);
}

/** One verdict over several worlds; the figures are of all rows together. */
export function judgeAll(runs: readonly RecordedRun[], limits: JudgeLimits = LIMITS): Verdict {
  const judged = runs.map((run) => judgeWorld(run, limits));
  const worlds = judged.map(({ world }) => world);
  const rows = worlds.flatMap((world) => world.rows);
  const falsePages = worlds.reduce((sum, world) => sum + falsePagesOf(world), 0);
  const score = scoreOf(rows, falsePages);
  const reasons = [
    ...judged.flatMap(({ reasons: against }) => against),
    ...overallReasons(score, limits, runs.length),
  ];
  return { passed: reasons.length === 0, reasons, limits, score, worlds };
}

/** Truths of a run, as the verdict has them; for reports. */
export function truthsOf(run: RecordedRun): readonly Truth[] {
  return truthOf(run.slos, unpackUsers(run.users));
}

function judgeWorld(
  run: RecordedRun,
  limits: JudgeLimits,
): { readonly world: WorldVerdict; readonly reasons: readonly string[] } {
  const truths = truthsOf(run);
  const { rows, strays } = matchPages(run, truths, limits);
  const { kind, divisor, seed } = run;
  const world = { kind, divisor, seed, requests: run.users.endedMs.length, rows, strays };
  const reasons = [
    ...foundationReasons(run, truths),
    ...generatorReasons(run, limits),
    ...rows.flatMap((row) => rowReasons(row, limits)),
    ...strays.map((page) => `a false page outside of every phase: ${pageText(page)}`),
  ];
  return { world, reasons: reasons.map((reason) => `${kind}: ${reason}`) };
}

function falsePagesOf({ rows, strays }: WorldVerdict): number {
  return rows.reduce((sum, { falsePages }) => sum + falsePages.length, strays.length);
}

function foundationReasons({ version, slos, users }: RecordedRun, truths: readonly Truth[]): string[] {
  const reasons: string[] = [];
  if (version !== RUN_VERSION) reasons.push(`the recorded run has version ${version}, not ${RUN_VERSION}`);
  if (slos.length === 0) reasons.push('there is no SLO: nothing can page');
  else if (truths.length === 0) reasons.push('no SLO is about what users see');
  else if (!truths.some(({ slo }) => slo.policies.some(({ severity }) => severity === 'page'))) {
    reasons.push('no SLO that users feel has a page policy');
  }
  if (users.endedMs.length === 0) reasons.push('no user sent a request: there is no truth to compare with');
  return reasons;
}

function generatorReasons({ generator }: RecordedRun, limits: JudgeLimits): string[] {
  const { lagP99Ms, overLimit, logLinesLost } = generator;
  const reasons: string[] = [];
  if (lagP99Ms !== null && lagP99Ms > limits.generatorLagMsMax) {
    reasons.push(
      `the load came ${Math.round(lagP99Ms)} ms late (p99), ${limits.generatorLagMsMax} ms are allowed`,
    );
  }
  if (overLimit > 0) reasons.push(`the load left out ${overLimit} requests`);
  if (logLinesLost > 0) reasons.push(`${logLinesLost} requests of users are not in their log`);
  return reasons;
}

function rowReasons(row: Row, limits: JudgeLimits): string[] {
  const { phase, outcome, falsePages, secondsFromPolicy } = row;
  const reasons = falsePages.map((page) => `${phase.id}: a false page: ${pageText(page)}`);
  const allowed = limits.deadlineMs / 1000;
  switch (outcome) {
    case 'missed':
      reasons.push(`${phase.id}: it hurt users and nobody was paged`);
      break;
    case 'late':
      reasons.push(
        secondsFromPolicy === null
          ? `${phase.id}: the page came after its deadline`
          : `${phase.id}: the page came ${secondsFromPolicy.toFixed(1)} s after the policy held, ${allowed} s are allowed`,
      );
      break;
    case 'harmless':
      if (phase.expect === 'page') {
        reasons.push(`${phase.id}: it was to hurt users and did not, so it proves nothing`);
      }
      break;
    case 'detected':
    case 'clean':
    case 'false-page':
      break;
    default:
      outcome satisfies never;
  }
  return reasons;
}

function overallReasons({ recall, blameTop1 }: Score, limits: JudgeLimits, runs: number): string[] {
  if (runs === 0) return ['nothing was recorded'];
  const reasons: string[] = [];
  if (recall.of === 0) reasons.push('no fault hurt users: there is nothing to count');
  if (blameTop1.value !== null && blameTop1.value < limits.blameTop1Min) {
    reasons.push(
      `${blameTop1.hits} of ${blameTop1.of} pages named the right service first, ` +
        `${Math.ceil(limits.blameTop1Min * blameTop1.of)} are needed`,
    );
  }
  return reasons;
}

function pageText({ alertname, sloId, service }: PageSeen): string {
  return (
    [alertname, sloId === '' ? service : sloId].filter((part) => part !== '').join(' ') || 'without labels'
  );
}
