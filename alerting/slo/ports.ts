/**
 * The seam inside alerting: the engine judges, the rest of the room stores,
 * routes and delivers. The engine is pure: time comes with each call, and what
 * it wants done it returns.
 */
import type { Evidence, Severity, SloHistory, SloHistoryRange, SloStatus } from '#alerting/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { Labels } from '#signals/matchers.ts';

/** Which of an SLO's alerts: burn alerts by severity, and the one for lost telemetry. */
export type AlertKind = Severity | 'blind';

/** A change of one alert, to be stored together with the cursor and the outbox rows. */
export interface Transition {
  readonly sloId: string;
  readonly kind: AlertKind;
  readonly to: 'firing' | 'resolved';
  readonly atMs: number;
  /** Identity: `alertname`, `severity`, `slo_id`, `service`. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly evidence: Evidence;
}

/** What was firing at the last commit: handed back after a restart. */
export interface FiringAlert {
  readonly sloId: string;
  readonly kind: AlertKind;
  readonly sinceMs: number;
}

export interface SloEngine {
  /** Replaces the set of SLOs; the state of those that stay (same id) is kept. Returns resolutions for those that went. */
  configure(documents: readonly SloDocument[], nowMs: number): readonly Transition[];
  /** Counts the items of a record. Never changes an alert. */
  consume(record: JournalRecord): void;
  /**
   * Judges every SLO over what has arrived.
   *
   * @param nowMs wall clock, milliseconds
   * @param lagMs how far `consume` is behind the journal; over 5 s nothing fires or resolves
   */
  tick(nowMs: number, lagMs: number): readonly Transition[];
  /** Snapshot per SLO (and one under '' for the sources), only of those that changed since the last call. */
  save(): ReadonlyMap<string, Uint8Array>;
  /** Before the first `consume`: snapshots as saved, and what was firing then. */
  restore(snapshots: ReadonlyMap<string, Uint8Array>, firing: readonly FiringAlert[], nowMs: number): void;
  status(nowMs: number): readonly SloStatus[];
  /** Undefined when there is no such SLO. Costs less than a millisecond, whatever the range. */
  history(id: string, range: SloHistoryRange, nowMs: number): SloHistory | undefined;
  /** Events outside the lateness horizon, counted at receipt, since the start. */
  lateEvents(): { readonly past: number; readonly future: number };
  /**
   * Since the start: spans that suspects are found without, and samples that no
   * SLO counts, because there are more services or series than are kept.
   */
  overflows(): { readonly spans: number; readonly samples: number };
}
