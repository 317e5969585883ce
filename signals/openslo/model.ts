/** An SLO as the engine understands it, after parsing (OpenSLO v1, `plimsoll.dev/` annotations). */

/** Which spans an SLO counts. All given conditions must hold. */
export interface SpanSelector {
  readonly service: string;
  /** Exact span name; any when undefined. */
  readonly operation: string | undefined;
  /** Default: server and consumer. */
  readonly kinds: readonly ('internal' | 'server' | 'client' | 'producer' | 'consumer')[];
  /** Span attributes compared as text. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Series of one name that have all of these labels. */
export interface SampleSelector {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type Indicator =
  /** Bad = status ERROR. */
  | { readonly kind: 'availability' }
  /** Bad = status ERROR or longer than the threshold. */
  | { readonly kind: 'latency'; readonly thresholdMs: number }
  /** Increases of cumulative series that the service counts itself: good or bad ones out of all. */
  | {
      readonly kind: 'ratio';
      readonly judgedIs: 'good' | 'bad';
      readonly judged: SampleSelector;
      readonly total: SampleSelector;
    };

export interface BurnPolicy {
  readonly severity: 'page' | 'ticket';
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  /** Burn rate that both windows must exceed. */
  readonly factor: number;
}

export interface SloDocument {
  /** `service/name`. */
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly service: string;
  /** Ratio in (0, 1). */
  readonly objective: number;
  readonly periodMs: number;
  readonly selector: SpanSelector;
  readonly indicator: Indicator;
  readonly policies: readonly BurnPolicy[];
  /** Bad events the long window must hold before an alert may fire. */
  readonly badEventsMin: number;
  /** Extra labels and annotations of its alerts (never part of the identity). */
  readonly annotations: Readonly<Record<string, string>>;
  /** `file:line` of the document. */
  readonly definedAt: string;
}
