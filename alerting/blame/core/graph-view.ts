/** The call graph at one moment: how calls have gone since a burn began, and how they usually went before. */
import type { CallGraph, Edge } from '#alerting/blame/core/call-graph.ts';
import { CALL_SERIES_SECONDS, type Calls, type CallSeries } from '#alerting/blame/core/call-series.ts';

const SECOND_MS = 1000;
/** Before is this many slices, so that an earlier fault in some of them does not count as usual. */
const SLICES = 12;
const SLICE_MS = 25_000;
/** The cause may have begun before the first failure that was noticed. */
const GUARD_MS = 5000;

/** Medians over the slices before; zeros where nothing is known. */
export interface Usual {
  readonly perSecond: number;
  readonly failedRatio: number;
  readonly meanMs: number;
}

export interface Compared {
  readonly now: Calls;
  readonly usual: Usual;
}

export interface ServiceView {
  readonly name: string;
  /** Sends spans of its own. */
  readonly reports: boolean;
  readonly served: Compared;
  readonly self: Compared;
  /** Since when it cannot be scraped; undefined while it can, or when nobody tries. */
  readonly downSinceMs: number | undefined;
}

export interface EdgeView {
  readonly caller: string;
  readonly callee: string;
  readonly called: Compared;
  readonly answered: Compared;
  /** What most of the newest failures were; undefined without any. */
  readonly failure: string | undefined;
}

export interface GraphView {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly services: ReadonlyMap<string, ServiceView>;
  readonly outgoing: ReadonlyMap<string, readonly EdgeView[]>;
  readonly incoming: ReadonlyMap<string, readonly EdgeView[]>;
}

/** Since when a service cannot be scraped, by its name. */
export type DownSince = ReadonlyMap<string, number>;

export function viewGraph(graph: CallGraph, sinceMs: number, nowMs: number, down: DownSince): GraphView {
  const times = timesOf(graph, sinceMs, nowMs);
  const services = new Map<string, ServiceView>();
  for (const [number, node] of graph.nodes.entries()) {
    if (graph.aliases.has(number)) continue;
    const { name, reports } = node;
    services.set(name, {
      name,
      reports,
      served: compare([node.served], times),
      self: compare([node.self], times),
      downSinceMs: down.get(name),
    });
  }
  const edges = [...edgesByEnds(graph)].map(([ends, parts]) => viewEdge(ends, parts, times));
  return {
    sinceMs: times.sinceMs,
    nowMs,
    services,
    outgoing: Map.groupBy(edges, (edge) => edge.caller),
    incoming: Map.groupBy(edges, (edge) => edge.callee),
  };
}

interface Times {
  readonly sinceMs: number;
  readonly slicesMs: readonly number[];
}

function timesOf(graph: CallGraph, sinceMs: number, nowMs: number): Times {
  const oldestMs = nowMs - (CALL_SERIES_SECONDS - 1) * SECOND_MS;
  const fromMs = Math.max(sinceMs, oldestMs);
  const knownMs = Math.max(graph.firstMs, oldestMs);
  const slicesMs: number[] = [];
  for (let slice = 1; slice <= SLICES; slice += 1) {
    const startMs = fromMs - GUARD_MS - slice * SLICE_MS;
    // A slice that began before anything was known would look like little traffic.
    if (startMs >= knownMs) slicesMs.push(startMs);
  }
  if (slicesMs.length === 0 && knownMs < fromMs) slicesMs.push(fromMs - SLICE_MS);
  return { sinceMs: fromMs, slicesMs };
}

/** Edges that turned out to be one, by the names of their ends. */
function edgesByEnds(graph: CallGraph): Map<string, Edge[]> {
  const found = new Map<string, Edge[]>();
  for (const edge of graph.edges) {
    const callee = graph.nodes[graph.aliases.get(edge.callee) ?? edge.callee];
    const caller = graph.nodes[edge.caller];
    if (callee === undefined || caller === undefined) continue;
    const ends = JSON.stringify([caller.name, callee.name]);
    found.set(ends, [...(found.get(ends) ?? []), edge]);
  }
  return found;
}

function viewEdge(ends: string, parts: readonly Edge[], times: Times): EdgeView {
  const [caller, callee] = JSON.parse(ends) as [string, string];
  return {
    caller,
    callee,
    called: compare(
      parts.map((part) => part.called),
      times,
    ),
    answered: compare(
      parts.map((part) => part.answered),
      times,
    ),
    failure: mostFrequent(parts, times.sinceMs),
  };
}

function compare(parts: readonly CallSeries[], { sinceMs, slicesMs }: Times): Compared {
  const slices = slicesMs.map((startMs) => total(parts, startMs, startMs + SLICE_MS));
  const busy = slices.filter(({ count }) => count > 0);
  return {
    now: total(parts, sinceMs, Infinity),
    usual: {
      perSecond: median(slices.map(({ count }) => count / (SLICE_MS / SECOND_MS))),
      failedRatio: median(busy.map(({ failed, count }) => failed / count)),
      meanMs: median(busy.map(({ durationMs, count }) => durationMs / count)),
    },
  };
}

function total(parts: readonly CallSeries[], sinceMs: number, untilMs: number): Calls {
  let [count, failed, durationMs] = [0, 0, 0];
  for (const part of parts) {
    const calls = part.sum(sinceMs, untilMs);
    count += calls.count;
    failed += calls.failed;
    durationMs += calls.durationMs;
  }
  return { count, failed, durationMs };
}

/** The lower one of two in the middle; 0 of none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function mostFrequent(parts: readonly Edge[], sinceMs: number): string | undefined {
  const counts = new Map<string, number>();
  for (const { failureTimesMs, failureWords } of parts) {
    for (const [index, words] of failureWords.entries()) {
      if ((failureTimesMs[index] ?? 0) >= sinceMs) counts.set(words, (counts.get(words) ?? 0) + 1);
    }
  }
  let [best, most]: [string | undefined, number] = [undefined, 0];
  for (const [words, count] of counts) {
    // An open circuit tells of failures before it, and not what they were.
    if (count <= most && best !== CIRCUIT_OPEN) continue;
    if (words === CIRCUIT_OPEN && best !== undefined) continue;
    [best, most] = [words, count];
  }
  return best;
}

const CIRCUIT_OPEN = 'circuit open';

// -- what differs ----------------------------------------------------------------

/** Failures beyond the usual share of them. */
export function excessFailed({ now, usual }: Compared): number {
  return Math.max(0, now.failed - usual.failedRatio * now.count);
}

/** Milliseconds a call takes longer than usual; 0 when it does not. */
export function excessMeanMs(compared: Compared): number {
  return Math.max(0, meanMs(compared) - compared.usual.meanMs);
}

export function meanMs({ now }: Compared): number {
  return now.count === 0 ? 0 : now.durationMs / now.count;
}

export function failedRatio({ now }: Compared): number {
  return now.count === 0 ? 0 : now.failed / now.count;
}

/** Whether calls that usually come have stopped: three of them at least are missing. */
export function isSilent({ now, usual }: Compared, view: GraphView): boolean {
  return now.count === 0 && (usual.perSecond * (view.nowMs - view.sinceMs)) / SECOND_MS >= 3;
}
