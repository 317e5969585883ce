/**
 * What the alerting worker answers to the server: SLOs and their budgets,
 * alerts, silences, incidents, deliveries. Times are milliseconds since the
 * Unix epoch; everything can be sent between threads.
 */
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { Problem } from '#base/problem.ts';
import type { EvidenceWanted, KeptEvidence } from '#alerting/kept-evidence.ts';
import type { Cursor } from '#journal/ports.ts';

/**
 * - `ok`: events come, no policy holds;
 * - `burning`: a page or ticket policy holds;
 * - `idle`: the service is alive but had no event to judge;
 * - `blind`: telemetry that used to come has stopped;
 * - `catching-up`: the engine is behind the journal; it neither fires nor resolves.
 */
export type SloState = 'ok' | 'burning' | 'idle' | 'blind' | 'catching-up';

export type Severity = 'page' | 'ticket';

export interface BurnWindow {
  readonly severity: Severity;
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  /** Burn rate both windows must exceed. */
  readonly factor: number;
  readonly longBurn: number;
  readonly shortBurn: number;
  readonly badInLongWindow: number;
  readonly holds: boolean;
}

export interface SloStatus {
  /** `service/name`, unique. */
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly service: string;
  readonly description: string;
  /** Ratio in (0, 1). */
  readonly objective: number;
  /** `ratio`: of events the service counts itself. */
  readonly indicator: 'availability' | 'latency' | 'ratio';
  /** Only for latency. */
  readonly thresholdMs: number | undefined;
  readonly periodMs: number;
  readonly state: SloState;
  readonly stateSinceMs: number;
  readonly windows: readonly BurnWindow[];
  readonly budget: Budget;
  /** Where it was read from, `file:line`. */
  readonly definedAt: string;
}

export interface Budget {
  readonly good: number;
  readonly total: number;
  /** Bad events the period allows at the traffic seen so far. */
  readonly allowedBad: number;
  /** 1 = untouched, 0 = spent, negative = overspent; undefined with no events yet. */
  readonly remainingRatio: number | undefined;
  /** At the present burn; undefined when it does not shrink. */
  readonly exhaustedInMs: number | undefined;
  /** Share of the period for which telemetry was there, 0 … 1. */
  readonly measuredRatio: number;
}

/** Which part of an SLO's history, and how finely. */
export interface SloHistoryRange {
  /** Inclusive; the begin of the period when undefined. What is no longer kept is left out. */
  readonly startMs: number | undefined;
  /** Exclusive; now when undefined. */
  readonly endMs: number | undefined;
  /** At least 1. */
  readonly stepsMax: number;
}

/**
 * What an SLO counted, step by step. Counts are exact; a step is as many whole
 * buckets of the ring that reaches back to the start (1 s within 15 min, 15 s
 * within 6 h, 2 min within 3 d, period / 2880 beyond) as `stepsMax` calls for,
 * and steps begin at multiples of `stepMs`. So the first and the last may be cut
 * off by what was asked for.
 */
export interface SloHistory {
  readonly id: string;
  /** Begin of the first step. */
  readonly startMs: number;
  readonly stepMs: number;
  /** Good events of each step. */
  readonly good: readonly number[];
  readonly total: readonly number[];
  /** Share of each step, 0 … 1, that was asked for, has passed, and for which telemetry was there. */
  readonly measured: readonly number[];
}

export interface AlertStatus {
  /** Hash of the labels, 16 hex digits (Alertmanager's FNV-1a fingerprint). */
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** When it resolved; for a firing alert when it would expire. */
  readonly endsAtMs: number;
  readonly updatedAtMs: number;
  readonly generatorUrl: string;
  readonly firing: boolean;
  readonly silencedBy: readonly string[];
  readonly receivers: readonly string[];
  readonly incidentId: string;
  readonly acknowledgedBy: string | undefined;
}

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface SilenceDraft {
  readonly id: string | undefined;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Labels;
}

export interface Silence extends SilenceDraft {
  readonly id: string;
  readonly state: 'pending' | 'active' | 'expired';
  readonly updatedAtMs: number;
}

export interface TimelineEntry {
  readonly atMs: number;
  readonly kind:
    | 'fired'
    | 'resolved'
    | 'notified'
    | 'notification-failed'
    | 'acknowledged'
    | 'unacknowledged'
    | 'silenced'
    | 'unsilenced'
    | 'note';
  readonly text: string;
  readonly by: string;
}

/** One incarnation of an SLO alert, from firing to resolved, with what was true at fire time. */
export interface Incident {
  readonly id: string;
  readonly sloId: string;
  readonly service: string;
  readonly severity: Severity;
  readonly alertname: string;
  readonly fingerprint: string;
  readonly state: 'firing' | 'resolved';
  readonly startsAtMs: number;
  readonly endsAtMs: number | undefined;
  readonly acknowledgedBy: string | undefined;
  readonly acknowledgedAtMs: number | undefined;
  readonly evidence: Evidence;
  readonly timeline: readonly TimelineEntry[];
}

/** What somebody wants kept with an incident. */
export interface NoteDraft {
  /** Who, 1 to 200 characters. */
  readonly by: string;
  /** 1 to 4000 characters. */
  readonly text: string;
}

export interface Evidence {
  readonly objective: number;
  readonly windows: readonly BurnWindow[];
  readonly budgetRemainingRatio: number | undefined;
  readonly exhaustedInMs: number | undefined;
  /** First bad events still in the ring when it fired, newest last. */
  readonly failingTraceIds: readonly string[];
  /** Event time of the first bad event of this burn, if still known. */
  readonly firstBadMs: number | undefined;
  /** Where it comes from by what callers and callees reported, the likeliest first, at most five. */
  readonly suspects: readonly Suspect[];
  /** Who called the service since this burn began, those with the most failures first, at most five. */
  readonly callers: readonly Caller[];
}

/** A service that calls the one whose SLO burns. */
export interface Caller {
  readonly service: string;
  /** Calls since the burn began, at most 15 min, as far as spans tell. */
  readonly calls: number;
  /** Those of them the caller saw fail. */
  readonly failed: number;
}

/** A service that may be the cause. */
export interface Suspect {
  readonly service: string;
  /** 0 … 1; of a burn that was traced, the share that leads to it. */
  readonly score: number;
  /** What was seen, for people. */
  readonly reason: string;
}

export interface Delivery {
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly idempotencyKey: string;
  readonly reason: string;
  readonly state: 'waiting' | 'delivered' | 'superseded' | 'failed' | 'expired';
  readonly attempts: readonly DeliveryAttempt[];
  readonly createdAtMs: number;
  readonly nextAttemptAtMs: number | undefined;
}

export interface DeliveryAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status, or the network error's text. */
  readonly outcome: string;
}

export interface AlertFilter {
  readonly active: boolean;
  readonly silenced: boolean;
  readonly matchers: readonly Matcher[];
  /** Anchored RE2 pattern on the receiver's name. */
  readonly receiver: string | undefined;
}

/** Alerts as one notification would tell of them. */
export interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: string;
  readonly alerts: readonly AlertStatus[];
}

export interface AlertingStatus {
  readonly cursor: Cursor;
  readonly startedAtMs: number;
  readonly slos: number;
  readonly problems: readonly Problem[];
  readonly deliveriesWaiting: number;
  /** Milliseconds the engine is behind the journal's newest committed record. */
  readonly lagMs: number;
}

/** Whom alerts go to. */
export interface Routing {
  readonly receivers: readonly string[];
  /** The Alertmanager configuration in force as YAML, secrets masked. */
  readonly config: string;
}

export interface AlertingApi {
  routing(): Promise<Routing>;
  status(): Promise<AlertingStatus>;
  slos(): Promise<readonly SloStatus[]>;
  /** Undefined when there is no such SLO. */
  sloHistory(id: string, range: SloHistoryRange): Promise<SloHistory | undefined>;
  alerts(filter: AlertFilter): Promise<readonly AlertStatus[]>;
  alertGroups(filter: AlertFilter): Promise<readonly AlertGroup[]>;
  silences(matchers: readonly Matcher[]): Promise<readonly Silence[]>;
  silence(id: string): Promise<Silence | undefined>;
  /**
   * Durable when it resolves.
   *
   * @throws CodedError `PLIM_SILENCE_INVALID`, `PLIM_NOT_FOUND` (unknown id)
   */
  putSilence(draft: SilenceDraft): Promise<string>;
  /** Expires it; false when unknown. Durable when it resolves. */
  expireSilence(id: string): Promise<boolean>;
  /** Newest first; of one SLO and of one service where they are given. */
  incidents(options: {
    readonly open: boolean | undefined;
    readonly sloId?: string | undefined;
    readonly service?: string | undefined;
    readonly limit: number;
  }): Promise<readonly Incident[]>;
  incident(id: string): Promise<Incident | undefined>;
  /** Durable when it resolves. Undefined when unknown. */
  acknowledge(id: string, by: string): Promise<Incident | undefined>;
  unacknowledge(id: string, by: string): Promise<Incident | undefined>;
  /**
   * Durable when it resolves. Undefined when unknown.
   *
   * @throws CodedError `PLIM_TIMELINE_FULL`
   */
  addNote(id: string, note: NoteDraft): Promise<Incident | undefined>;
  /** At most 100 incidents of which a part of the evidence of the stores is pending, the oldest first. */
  evidenceWanted(): Promise<readonly EvidenceWanted[]>;
  /**
   * Durable when it resolves; false when the incident is unknown. A part that is
   * kept or given up stays as it is.
   *
   * @throws CodedError `PLIM_BODY_TOO_LARGE`
   */
  keepEvidence(id: string, evidence: KeptEvidence): Promise<boolean>;
  /** Undefined when the incident is unknown. */
  keptEvidence(id: string): Promise<KeptEvidence | undefined>;
  deliveries(limit: number): Promise<readonly Delivery[]>;
  /** Reads the SLO folder again; state of SLOs that stay is kept. */
  reload(): Promise<readonly Problem[]>;
}
