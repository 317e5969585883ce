/**
 * Faults against pages: which page was for which fault, how late it came, whom
 * it blamed, and which pages were for nothing.
 */
import { episodesOf, type Episode } from '#chaos/prove/core/episodes.ts';
import type { RecordedPhase, RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import { firstHurtMs, firstOnset, type Onset, type Truth } from '#chaos/prove/core/truth.ts';

/**
 * - `detected`: it hurt users and paged in time;
 * - `late`: it paged, after the deadline;
 * - `missed`: it hurt users and nothing on their way paged;
 * - `harmless`: no SLO of the users was broken, and nothing paged;
 * - `clean`: nothing was to page and nothing did;
 * - `false-page`: nothing was to page and something did.
 */
export type Outcome = 'detected' | 'late' | 'missed' | 'harmless' | 'clean' | 'false-page';

export interface Row {
  readonly phase: RecordedPhase;
  readonly outcome: Outcome;
  /** The end of the first request that was bad for users. */
  readonly firstHurtMs: number | null;
  /** The first instant a page policy holds on what users saw. */
  readonly policyMs: number | null;
  readonly policySlo: string | null;
  /** Later is a miss. */
  readonly deadlineMs: number | null;
  readonly page: PageSeen | null;
  readonly secondsFromPolicy: number | null;
  readonly secondsFromFirstHurt: number | null;
  /** Time to the page by the least time the policy allows, from the first hurt on; 1 is ideal. */
  readonly efficiency: number | null;
  /** Whether the first page named the target first; null without a page. */
  readonly blamedRight: boolean | null;
  /** From the end of the fault to the notice that it is over. */
  readonly resolvedAfterSeconds: number | null;
  /** Further pages for the same fault, on its way to the users. */
  readonly duplicates: number;
  readonly falsePages: readonly PageSeen[];
}

export interface PageSeen {
  readonly receivedMs: number;
  readonly resolvedMs: number | null;
  readonly alertname: string;
  readonly sloId: string;
  /** The owner of the SLO. */
  readonly service: string;
  /** The suspect it names first; null when it names none. */
  readonly blamed: string | null;
  readonly reason: string;
}

export interface Matched {
  readonly rows: readonly Row[];
  /** Pages outside of every phase: all false. */
  readonly strays: readonly PageSeen[];
}

export interface MatchLimits {
  /** A page may come so long after the earliest instant it could. */
  readonly deadlineMs: number;
}

/** Evaluation, grouping and delivery: what may follow the longest window of a policy. */
const DELIVERY_MS = 10_000;
/** Engines judge by the second: nothing can be expected to be faster. */
const FLOOR_MS_MIN = 1000;

export function matchPages(run: RecordedRun, truths: readonly Truth[], limits: MatchLimits): Matched {
  const episodes = episodesOf(run.pages);
  const graceMs = longestPageWindow(run) + DELIVERY_MS;
  const taken = new Set<Episode>();
  const rows = run.phases.map((phase, index) => {
    const nextMs = run.phases[index + 1]?.startedMs ?? Number.POSITIVE_INFINITY;
    const untilMs = Math.min(nextMs, phase.endedMs + graceMs);
    const inside = episodes.filter(({ startedMs }) => startedMs >= phase.startedMs && startedMs < untilMs);
    for (const episode of inside) taken.add(episode);
    return rowOf({ phase, untilMs, episodes: inside, graph: run.graph, truths, limits });
  });
  return { rows, strays: episodes.filter((episode) => !taken.has(episode)).map(pageOf) };
}

interface Case {
  readonly phase: RecordedPhase;
  readonly untilMs: number;
  readonly episodes: readonly Episode[];
  readonly graph: RecordedRun['graph'];
  readonly truths: readonly Truth[];
  readonly limits: MatchLimits;
}

function rowOf(given: Case): Row {
  const { phase, untilMs, episodes, graph, truths } = given;
  const mayPage = phase.kind === 'fault' && phase.expect !== 'none';
  const onWay = mayPage && phase.target !== null ? servicesAbove(phase.target, graph) : undefined;
  const ours = episodes.filter(({ labels }) => onWay?.has(labels['service'] ?? '') === true);
  const [first, ...further] = ours;
  const falsePages = episodes.filter((episode) => !ours.includes(episode)).map(pageOf);
  const evidence: Evidence = {
    first,
    hurtMs: firstHurtMs(truths, phase.startedMs, untilMs),
    onset: firstOnset(truths, phase.startedMs, untilMs),
  };
  const deadlineMs = mayPage ? deadlineOf(given, evidence.onset) : undefined;
  const quietOutcome = falsePages.length === 0 ? 'clean' : 'false-page';
  return {
    phase,
    outcome: mayPage ? outcomeOf(evidence, deadlineMs) : quietOutcome,
    ...truthFields(evidence),
    ...pageFields(evidence, phase),
    deadlineMs: deadlineMs ?? null,
    duplicates: further.length,
    falsePages,
  };
}

function truthFields({ hurtMs, onset }: Evidence): Pick<Row, 'firstHurtMs' | 'policyMs' | 'policySlo'> {
  return {
    firstHurtMs: hurtMs ?? null,
    policyMs: onset?.atMs ?? null,
    policySlo: onset?.sloId ?? null,
  };
}

type PageFields =
  | 'page'
  | 'secondsFromPolicy'
  | 'secondsFromFirstHurt'
  | 'efficiency'
  | 'blamedRight'
  | 'resolvedAfterSeconds';

function pageFields(evidence: Evidence, phase: RecordedPhase): Pick<Row, PageFields> {
  const { first, hurtMs, onset } = evidence;
  const page = first === undefined ? null : pageOf(first);
  return {
    page,
    secondsFromPolicy: secondsBetween(onset?.atMs, first?.receivedMs),
    secondsFromFirstHurt: secondsBetween(hurtMs, first?.receivedMs),
    efficiency: efficiencyOf(evidence),
    blamedRight: page === null ? null : page.blamed === phase.target,
    resolvedAfterSeconds: secondsBetween(phase.endedMs, first?.resolvedMs),
  };
}

interface Evidence {
  readonly first: Episode | undefined;
  readonly hurtMs: number | undefined;
  readonly onset: Onset | undefined;
}

function outcomeOf({ first, hurtMs, onset }: Evidence, deadlineMs: number | undefined): Outcome {
  if (first === undefined) return onset === undefined ? 'harmless' : 'missed';
  // Paged before the users' own policy held, and the fault was taken back then: early, and right.
  if (onset === undefined && hurtMs === undefined) return 'harmless';
  return deadlineMs === undefined || first.receivedMs <= deadlineMs ? 'detected' : 'late';
}

/** The earliest instant a page is possible, and the time allowed for it. */
function deadlineOf({ phase, limits }: Case, onset: Onset | undefined): number | undefined {
  const blindMs = phase.blindAfterMs === null ? undefined : phase.startedMs + phase.blindAfterMs;
  const known = [onset?.atMs, blindMs].filter((atMs) => atMs !== undefined);
  return known.length === 0 ? undefined : Math.max(...known) + limits.deadlineMs;
}

function efficiencyOf({ first, hurtMs, onset }: Evidence): number | null {
  if (hurtMs === undefined || onset === undefined || first === undefined) return null;
  return (first.receivedMs - hurtMs) / Math.max(FLOOR_MS_MIN, onset.atMs - hurtMs);
}

/** The service itself and all that depend on it: where its faults are felt. */
export function servicesAbove(service: string, graph: RecordedRun['graph']): ReadonlySet<string> {
  const above = new Set([service]);
  // A set is walked over what is added to it on the way.
  for (const reached of above) {
    for (const [caller, callees] of Object.entries(graph)) if (callees.includes(reached)) above.add(caller);
  }
  return above;
}

function pageOf({ labels, annotations, receivedMs, resolvedMs }: Episode): PageSeen {
  return {
    receivedMs,
    resolvedMs: resolvedMs ?? null,
    alertname: labels['alertname'] ?? '',
    sloId: labels['slo_id'] ?? '',
    service: labels['service'] ?? '',
    blamed: annotations['suspect'] ?? null,
    reason: annotations['suspect_reason'] ?? '',
  };
}

function secondsBetween(fromMs: number | undefined, toMs: number | undefined): number | null {
  return fromMs === undefined || toMs === undefined ? null : (toMs - fromMs) / 1000;
}

function longestPageWindow({ slos }: RecordedRun): number {
  const pages = slos.flatMap(({ policies }) => policies).filter(({ severity }) => severity === 'page');
  return Math.max(0, ...pages.map(({ longWindowMs }) => longWindowMs));
}
