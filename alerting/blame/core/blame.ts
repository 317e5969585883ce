/** Keeps the call graph as records pass, and names suspects when an alert fires. Holds no clock and needs no store. */
import type { Caller, Suspect } from '#alerting/ports.ts';
import type { Receipt } from '#alerting/slo/core/event-time.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { callersOf } from '#alerting/blame/core/callers.ts';
import { CallGraph } from '#alerting/blame/core/call-graph.ts';
import { viewGraph, type GraphView } from '#alerting/blame/core/graph-view.ts';
import { suspectsOf, type Symptom } from '#alerting/blame/core/suspects.ts';

/**
 * Views made for one tick: when thousands of SLOs fire at once, those whose
 * burn began at another second than these share the nearest view.
 */
const VIEWS_MAX = 16;
const SECOND_MS = 1000;
/** Jobs that cannot be scraped, by name; a fleet that is gone as a whole needs no list. */
const DOWN_MAX = 512;

export interface Burn {
  readonly service: string;
  /** Engine time of the first bad event, or of the last sign of life. */
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly symptom: BurnSymptom;
  /** Writes engine time for people. */
  readonly time: (engineMs: number) => string;
}

/** As {@link Symptom}, with the number of bad events instead of what became of them. */
export type BurnSymptom =
  | Exclude<Symptom, { kind: 'spans' }>
  | { readonly kind: 'failures' }
  | { readonly kind: 'slow-or-failed'; readonly bad: number };

export class Blame {
  readonly #graph = new CallGraph();
  readonly #down = new Map<string, number>();
  #views = new Map<number, GraphView>();
  #viewsAtMs = 0;

  /** Spans that found no place in the graph. */
  get dropped(): number {
    return this.#graph.dropped;
  }

  observe(columns: SpanColumns, receipt: Receipt): void {
    this.#graph.observe(columns, receipt);
    this.#views.clear();
  }

  /** Notes whether a job could be scraped: by name it is the service. */
  noteScrape(job: string, isUp: boolean, atMs: number): void {
    if (isUp) this.#down.delete(job);
    else if (!this.#down.has(job) && this.#down.size < DOWN_MAX) this.#down.set(job, atMs);
  }

  suspects({ service, sinceMs, nowMs, symptom, time }: Burn): readonly Suspect[] {
    const view = this.#view(sinceMs, nowMs);
    return suspectsOf({ service, symptom: symptomOf(symptom, service, view), view, time });
  }

  /** Who called the service since its burn began. */
  callers({ service, sinceMs, nowMs }: Pick<Burn, 'service' | 'sinceMs' | 'nowMs'>): readonly Caller[] {
    return callersOf(service, this.#view(sinceMs, nowMs));
  }

  #view(sinceMs: number, nowMs: number): GraphView {
    if (nowMs !== this.#viewsAtMs) this.#views = new Map();
    this.#viewsAtMs = nowMs;
    const second = Math.floor(sinceMs / SECOND_MS);
    const known = this.#views.get(second);
    if (known !== undefined) return known;
    if (this.#views.size >= VIEWS_MAX) {
      const [[, nearest]] = [...this.#views].toSorted(
        ([left], [right]) => Math.abs(left - second) - Math.abs(right - second),
      ) as [[number, GraphView], ...unknown[]];
      return nearest;
    }
    const view = viewGraph(this.#graph, second * SECOND_MS, nowMs, this.#down);
    this.#views.set(second, view);
    return view;
  }
}

function symptomOf(symptom: BurnSymptom, service: string, view: GraphView): Symptom {
  switch (symptom.kind) {
    case 'failures':
      return { kind: 'spans', failedShare: 1 };
    case 'slow-or-failed': {
      const failed = view.services.get(service)?.served.now.failed ?? 0;
      return { kind: 'spans', failedShare: Math.min(1, failed / Math.max(1, symptom.bad)) };
    }
    case 'condition':
    case 'silence':
      return symptom;
    default:
      return symptom satisfies never;
  }
}
