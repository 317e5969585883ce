/**
 * What a proof has written down about one world: what was done to it, what its
 * users saw, and what was received. Plain JSON, so that a run can be kept,
 * judged again and bent for a negative control. Times are epoch milliseconds.
 */

export const RUN_VERSION = 1;

export interface RecordedRun {
  /** {@link RUN_VERSION}; of another version is another shape. */
  readonly version: number;
  /** Name of the world, such as `outage` or `matrix`. */
  readonly kind: string;
  /** Every window of alerting was divided by it; 1 or more. */
  readonly divisor: number;
  readonly seed: number;
  /** As they were written, windows divided; never as the engine says it has them. */
  readonly slos: readonly RecordedSlo[];
  /** Which services each service calls. */
  readonly graph: Readonly<Record<string, readonly string[]>>;
  /** In the order of their start; one at a time. */
  readonly phases: readonly RecordedPhase[];
  /** One entry an alert of each notification, in the order of receipt. */
  readonly pages: readonly RecordedPage[];
  readonly users: UserColumns;
  readonly generator: GeneratorHealth;
}

export interface RecordedSlo {
  /** `service/name`. */
  readonly id: string;
  readonly service: string;
  /** Ratio in (0, 1). */
  readonly objective: number;
  /** Slower is bad too; null where only failures are. */
  readonly thresholdMs: number | null;
  /** Bad events the long window must hold before a page. */
  readonly badEventsMin: number;
  readonly policies: readonly RecordedPolicy[];
  /** Which requests of users it is about: null for all, none where users cannot tell. */
  readonly steps: readonly string[] | null;
}

export interface RecordedPolicy {
  readonly severity: 'page' | 'ticket';
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  /** Burn rate that both windows must exceed. */
  readonly factor: number;
}

/**
 * - `quiet`: nothing happened, nothing may page;
 * - `sham`: a fault was announced and did nothing;
 * - `benign`: a fault too small for any SLO;
 * - `fault`: one that was to hurt users.
 */
export type PhaseKind = 'quiet' | 'sham' | 'benign' | 'fault';

export interface RecordedPhase {
  readonly id: string;
  readonly kind: PhaseKind;
  /** For people. */
  readonly title: string;
  readonly fault: string | null;
  /** The service it was done to. */
  readonly target: string | null;
  readonly startedMs: number;
  readonly endedMs: number;
  /**
   * - `page`: it has to page, and the run is worth nothing if it hurt nobody;
   * - `any`: it has to page if it hurt users enough;
   * - `none`: any page is false.
   */
  readonly expect: 'page' | 'any' | 'none';
  /** Where the fault can only be seen by silence: after so long that pages, else null. */
  readonly blindAfterMs: number | null;
}

export interface RecordedPage {
  readonly receivedMs: number;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  readonly fingerprint: string;
}

/** Whether the load was what it claims to be. */
export interface GeneratorHealth {
  /** Of the real behind the intended start; null when nothing was sent. */
  readonly lagP99Ms: number | null;
  /** Requests it did not make because too many were under way. */
  readonly overLimit: number;
  readonly logLinesLost: number;
}

/** The log of the users by columns: a tenth of its size. */
export interface UserColumns {
  /** All times below count from here. */
  readonly originMs: number;
  readonly steps: readonly string[];
  readonly errors: readonly string[];
  readonly intendedMs: readonly number[];
  readonly startedMs: readonly number[];
  readonly endedMs: readonly number[];
  /** Index into `steps`. */
  readonly step: readonly number[];
  /** 0 when there was no answer. */
  readonly status: readonly number[];
  /** Index into `errors`; -1 for none. */
  readonly error: readonly number[];
}
