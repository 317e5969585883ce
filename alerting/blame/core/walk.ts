/**
 * From the service whose SLO burns to where the burn comes from, edge by edge.
 * The blame is shared out on the way, in proportion to what was counted:
 *
 * ```
 *            its failures            failed calls            what the callee saw of them
 *   service ─┬─ no failing call ─▶ service                 ┌─ failed there too ─▶ go on there
 *            └─ failing call ────▶ edge to a callee ───────┤
 *                                                          └─ nothing ──────────▶ callee: process or network
 * ```
 *
 * Time goes the same way: time of its own stays, time in calls goes to the
 * callee, as far as the callee's own span was slow; the rest was lost on the
 * way to it.
 */
import type { Clue } from '#alerting/blame/core/clues.ts';
import {
  excessFailed,
  excessMeanMs,
  isSilent,
  type Compared,
  type EdgeView,
  type GraphView,
  type ServiceView,
} from '#alerting/blame/core/graph-view.ts';

/** Longer chains of calls exist, but not within one request that somebody waits for. */
const DEPTH_MAX = 10;
/** Less is not followed. */
const SHARE_MIN = 0.01;
/** A callee this much slower than usual, and by this share of it, made its callers give up. */
const SLOWER_MS_MIN = 20;
const SLOWER_RATIO_MIN = 0.5;
/** Excess below this share of the largest is noise. */
const NOISE_RATIO = 0.1;
/** A process that is starved of CPU is slow in its own work and in noticing answers alike. */
const STARVED_RATIO = 0.5;

export interface Blame {
  share: number;
  clue: Clue;
  /** Largest part that was added at once: its clue is the one told. */
  largest: number;
  /** Edges from where the burn was measured. */
  depth: number;
}

export class Walk {
  readonly blamed = new Map<string, Blame>();
  readonly #view: GraphView;

  constructor(view: GraphView) {
    this.#view = view;
  }

  /** Follows failures. */
  failures(service: string, share: number, path: readonly string[] = []): void {
    if (this.#ends(service, share, path)) return;
    const found = this.#view.services.get(service);
    const edges = this.#failing(service);
    const failedMs = edges.reduce((sum, edge) => sum + excessFailed(edge.called), 0);
    const ownShare = share * ownFailures(found, failedMs);
    if (ownShare > 0) {
      const clue = found !== undefined && excessFailed(found.served) > 0 ? 'own-failures' : 'unexplained';
      this.#blame(service, ownShare, { kind: clue }, path.length);
    }
    const onward = [...path, service];
    for (const edge of edges) {
      this.#failedEdge(edge, ((share - ownShare) * excessFailed(edge.called)) / failedMs, onward);
    }
  }

  /** Follows time. */
  time(service: string, share: number, path: readonly string[] = []): void {
    if (this.#ends(service, share, path)) return;
    const found = this.#view.services.get(service);
    const parts = this.#slowParts(service, found);
    const total = parts.ownMs + parts.edges.reduce((sum, { excessMs }) => sum + excessMs, 0);
    if (total === 0) {
      this.#blame(service, share, { kind: 'unexplained' }, path.length);
      return;
    }
    this.#blame(service, (share * parts.ownMs) / total, { kind: 'own-time' }, path.length);
    const onward = [...path, service];
    for (const { edge, excessMs } of parts.edges) {
      this.#slowEdge({ edge, share: (share * excessMs) / total, onward, starved: parts.starved });
    }
  }

  /** Whether the walk stops here: a circle, a long chain, crumbs, or a service that is down. */
  #ends(service: string, share: number, path: readonly string[]): boolean {
    if (share < SHARE_MIN) return true;
    const downSinceMs = this.#view.services.get(service)?.downSinceMs;
    if (downSinceMs !== undefined) {
      this.#blame(service, share, { kind: 'down', sinceMs: downSinceMs }, path.length);
      return true;
    }
    if (path.length < DEPTH_MAX && !path.includes(service)) return false;
    this.#blame(service, share, { kind: 'unexplained' }, path.length);
    return true;
  }

  #failing(service: string): readonly EdgeView[] {
    const edges = (this.#view.outgoing.get(service) ?? []).filter((edge) => excessFailed(edge.called) >= 1);
    const most = Math.max(...edges.map((edge) => excessFailed(edge.called)));
    return edges.filter((edge) => excessFailed(edge.called) >= NOISE_RATIO * most);
  }

  #failedEdge(edge: EdgeView, share: number, path: readonly string[]): void {
    const seen = Math.min(1, excessFailed(edge.answered) / excessFailed(edge.called));
    this.failures(edge.callee, share * seen, path);
    this.#unseen(edge, share * (1 - seen), path);
  }

  /** Callers failed, and the callee saw nothing of it. */
  #unseen(edge: EdgeView, share: number, path: readonly string[]): void {
    if (share < SHARE_MIN) return;
    const { callee } = edge;
    const found = this.#view.services.get(callee);
    if (found?.downSinceMs !== undefined) {
      this.#blame(callee, share, { kind: 'down', sinceMs: found.downSinceMs }, path.length);
      return;
    }
    if (edge.failure === 'timeout' && this.#gaveUp(edge, share, path)) return;
    this.#blame(callee, share, { kind: 'unanswered', edge }, path.length);
  }

  /** Callers gave up waiting; true when that leads on. */
  #gaveUp(edge: EdgeView, share: number, path: readonly string[]): boolean {
    const { callee, called, answered } = edge;
    if (called.now.count > 0 && !isSlower(called)) {
      // They did so before it could have answered: their time had gone somewhere else.
      this.time(edge.caller, share, path.slice(0, -1));
      return true;
    }
    if (isSlower(answered)) {
      this.time(callee, share, path);
      return true;
    }
    // It waits for others itself.
    if (!isSilent(answered, this.#view) || this.#failing(callee).length === 0) return false;
    this.failures(callee, share, path);
    return true;
  }

  #slowParts(service: string, found: ServiceView | undefined): SlowParts {
    const served = found?.served.now.count ?? 0;
    const ownMs = found === undefined ? 0 : excessMeanMs(found.self) * Math.max(1, served);
    const all = (this.#view.outgoing.get(service) ?? []).map((edge) => ({
      edge,
      excessMs: excessMeanMs(edge.called) * edge.called.now.count,
    }));
    const most = Math.max(ownMs, ...all.map(({ excessMs }) => excessMs));
    const edges = all.filter(({ excessMs }) => excessMs > 0 && excessMs >= NOISE_RATIO * most);
    const unseenMs = edges.reduce((sum, { edge, excessMs }) => sum + excessMs * (1 - seenTime(edge)), 0);
    const starved = ownMs >= STARVED_RATIO * unseenMs;
    return { ownMs: ownMs >= NOISE_RATIO * most ? ownMs : 0, edges, starved };
  }

  #slowEdge({ edge, share, onward, starved }: SlowEdge): void {
    const seen = seenTime(edge);
    this.time(edge.callee, share * seen, onward);
    const unseen = share * (1 - seen);
    if (unseen < SHARE_MIN) return;
    if (starved) this.#blame(edge.caller, unseen, { kind: 'own-time' }, onward.length - 1);
    else this.#blame(edge.callee, unseen, { kind: 'slow-calls', edge }, onward.length);
  }

  #blame(service: string, share: number, clue: Clue, depth: number): void {
    if (share <= 0) return;
    const known = this.blamed.get(service);
    if (known === undefined) {
      this.blamed.set(service, { share, clue, largest: share, depth });
      return;
    }
    known.share += share;
    known.depth = Math.max(known.depth, depth);
    if (share <= known.largest) return;
    known.largest = share;
    known.clue = clue;
  }
}

interface SlowParts {
  readonly ownMs: number;
  readonly edges: readonly { readonly edge: EdgeView; readonly excessMs: number }[];
  readonly starved: boolean;
}

interface SlowEdge {
  readonly edge: EdgeView;
  readonly share: number;
  readonly onward: readonly string[];
  readonly starved: boolean;
}

/** Share of a service's failures that have no failing call behind them. */
function ownFailures(found: ServiceView | undefined, failedCalls: number): number {
  if (failedCalls === 0) return 1;
  if (found === undefined) return 0;
  const failed = excessFailed(found.served);
  return failed === 0 ? 0 : Math.min(1, excessFailed(found.self) / failed);
}

/** How much of the time that callers lost was lost inside the callee's own span. */
function seenTime({ called, answered }: EdgeView): number {
  if (answered.now.count === 0) return 0;
  const lostMs = excessMeanMs(called);
  return lostMs === 0 ? 1 : Math.min(1, excessMeanMs(answered) / lostMs);
}

function isSlower(calls: Compared): boolean {
  const excessMs = excessMeanMs(calls);
  return excessMs >= SLOWER_MS_MIN && excessMs >= SLOWER_RATIO_MIN * calls.usual.meanMs;
}
