/** Whom a page names: the services the burn is traced to, the likeliest first, and why. Counting, no learning. */
import type { Suspect } from '#alerting/ports.ts';
import { tell, type Clue } from '#alerting/blame/core/clues.ts';
import {
  excessFailed,
  excessMeanMs,
  meanMs,
  type EdgeView,
  type GraphView,
  type ServiceView,
} from '#alerting/blame/core/graph-view.ts';
import { Walk, type Blame } from '#alerting/blame/core/walk.ts';

/** More names are no help on a page. */
export const SUSPECTS_MAX = 5;
/** Less than this is no suspicion. */
const SCORE_MIN = 0.05;
/** Of a service that nothing speaks against but that its own SLO burns. */
const UNEXPLAINED_SCORE = 0.2;
/** What is wrong somewhere else counts less with each call it is away. */
const HOP_FACTOR = 0.8;
/** Share of failures below which a service is well. */
const ANOMALY_MIN = 0.02;

/**
 * - `failures`, `time`: spans of the service failed or were slow; followed along its calls. In
 *   between, `failedShare` says how many of the bad events failed.
 * - `condition`: something else is wrong there, a figure of its own; who is unwell nearby is named.
 * - `silence`: its telemetry stopped at `sinceMs`.
 */
export type Symptom =
  | { readonly kind: 'spans'; readonly failedShare: number }
  | { readonly kind: 'condition' }
  | { readonly kind: 'silence'; readonly sinceMs: number };

export interface Case {
  readonly service: string;
  readonly symptom: Symptom;
  readonly view: GraphView;
  /** Writes engine time for people. */
  readonly time: (engineMs: number) => string;
}

export function suspectsOf({ service, symptom, view, time }: Case): readonly Suspect[] {
  const blamed = blamedFor(service, symptom, view);
  return [...blamed]
    .map(([name, { share, clue, depth }]) => ({ name, clue, depth, score: Math.round(share * 100) / 100 }))
    .filter(({ score }) => score >= SCORE_MIN)
    .toSorted(
      (left, right) =>
        right.score - left.score || right.depth - left.depth || (left.name < right.name ? -1 : 1),
    )
    .slice(0, SUSPECTS_MAX)
    .map(({ name, clue, score }) => ({
      service: name,
      score: Math.min(1, score),
      reason: tell(name, clue, view, time),
    }));
}

type Blamed = ReadonlyMap<string, Pick<Blame, 'share' | 'clue' | 'depth'>>;

function blamedFor(service: string, symptom: Symptom, view: GraphView): Blamed {
  switch (symptom.kind) {
    case 'spans': {
      const walk = new Walk(view);
      walk.failures(service, symptom.failedShare);
      walk.time(service, 1 - symptom.failedShare);
      return isExplained(walk.blamed) ? walk.blamed : unwellNearby(service, view);
    }
    case 'condition':
      return unwellNearby(service, view);
    case 'silence':
      return new Map([
        [service, { share: 1, depth: 0, clue: { kind: 'silent', sinceMs: symptom.sinceMs } }],
        ...[...unwellNearby(service, view)].filter(([name]) => name !== service).map(halved),
      ]);
    default:
      return symptom satisfies never;
  }
}

function halved([name, found]: [string, Pick<Blame, 'share' | 'clue' | 'depth'>]): [string, typeof found] {
  return [name, { ...found, share: found.share / 2 }];
}

function isExplained(blamed: Blamed): boolean {
  let explained = 0;
  for (const { share, clue } of blamed.values()) if (clue.kind !== 'unexplained') explained += share;
  return explained > 0.5;
}

/** Services by how unwell they are and how near, when the burn itself leads nowhere. */
function unwellNearby(service: string, view: GraphView): Blamed {
  const found = new Map<string, Pick<Blame, 'share' | 'clue' | 'depth'>>();
  for (const [name, hops] of hopsFrom(service, view)) {
    const anomaly = anomalyOf(name, view);
    if (anomaly === undefined) continue;
    found.set(name, { share: anomaly.share * HOP_FACTOR ** hops, clue: anomaly.clue, depth: hops });
  }
  if (!found.has(service)) {
    found.set(service, { share: UNEXPLAINED_SCORE, clue: { kind: 'unexplained' }, depth: 0 });
  }
  return found;
}

function hopsFrom(service: string, view: GraphView): ReadonlyMap<string, number> {
  const hops = new Map([[service, 0]]);
  // A map is walked in the order of its entries, those added on the way included: breadth first.
  for (const [name, distance] of hops) {
    for (const { callee } of view.outgoing.get(name) ?? []) {
      if (!hops.has(callee)) hops.set(callee, distance + 1);
    }
    for (const { caller } of view.incoming.get(name) ?? []) {
      if (!hops.has(caller)) hops.set(caller, distance + 1);
    }
  }
  return hops;
}

/** The strongest thing that speaks against a service on its own account. */
function anomalyOf(
  name: string,
  view: GraphView,
): { readonly share: number; readonly clue: Clue } | undefined {
  const found = view.services.get(name);
  if (found?.downSinceMs !== undefined) {
    return { share: 1, clue: { kind: 'down', sinceMs: found.downSinceMs } };
  }
  const candidates: { readonly share: number; readonly clue: Clue }[] = [];
  for (const edge of view.incoming.get(name) ?? []) {
    candidates.push({ share: unseenRatio(edge), clue: { kind: 'unanswered', edge } });
  }
  if (found !== undefined) {
    candidates.push({ share: ownRatio(found), clue: { kind: 'own-failures' } });
    candidates.push({ share: slowRatio(found) / 2, clue: { kind: 'own-time' } });
  }
  const worst = candidates.toSorted((left, right) => right.share - left.share)[0];
  return worst === undefined || worst.share < ANOMALY_MIN ? undefined : worst;
}

/** Share of the calls to it that failed beyond the usual without its knowing. */
function unseenRatio({ called, answered }: EdgeView): number {
  if (called.now.count === 0) return 0;
  return Math.max(0, excessFailed(called) - excessFailed(answered)) / called.now.count;
}

function ownRatio({ self }: ServiceView): number {
  return self.now.count === 0 ? 0 : excessFailed(self) / self.now.count;
}

/** How much of its own time a request is beyond the usual; below a few milliseconds nobody minds. */
function slowRatio({ self }: ServiceView): number {
  const excessMs = excessMeanMs(self);
  return excessMs < 5 || self.usual.meanMs === 0 ? 0 : excessMs / meanMs(self);
}
