/** Answers of `/api/plimsoll/v1`, as `/api/plimsoll/openapi.json` describes them. */

export type SloState = 'ok' | 'burning' | 'idle' | 'blind' | 'catching-up';
export type Severity = 'page' | 'ticket';

export interface BurnWindow {
  readonly severity: Severity;
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  readonly factor: number;
  readonly longBurn: number;
  readonly shortBurn: number;
  readonly badInLongWindow: number;
  readonly holds: boolean;
}

export interface Budget {
  readonly good: number;
  readonly total: number;
  readonly allowedBad: number;
  readonly remainingRatio: number | null;
  readonly exhaustedInMs: number | null;
  readonly measuredRatio: number;
}

export interface Slo {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly service: string;
  readonly description: string;
  readonly objective: number;
  readonly indicator: 'availability' | 'latency' | 'ratio';
  readonly thresholdMs: number | null;
  readonly periodMs: number;
  readonly state: SloState;
  readonly stateSinceMs: number;
  readonly windows: readonly BurnWindow[];
  readonly budget: Budget;
  readonly definedAt: string;
}

export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface SloList {
  readonly slos: readonly Slo[];
  readonly problems: readonly Problem[];
  readonly lagMs: number;
}

export interface Suspect {
  readonly service: string;
  readonly score: number;
  readonly reason: string;
}

export interface Caller {
  readonly service: string;
  readonly calls: number;
  readonly failed: number;
}

export interface TimelineEntry {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
  readonly by: string;
}

export interface Incident {
  readonly id: string;
  readonly sloId: string;
  readonly service: string;
  readonly severity: Severity;
  readonly alertname: string;
  readonly fingerprint: string;
  readonly state: 'firing' | 'resolved';
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  readonly evidence: {
    readonly objective: number;
    readonly windows: readonly BurnWindow[];
    readonly budgetRemainingRatio: number | null;
    readonly exhaustedInMs: number | null;
    readonly failingTraceIds: readonly string[];
    readonly firstBadMs: number | null;
    readonly suspects: readonly Suspect[];
    /** Who called the service since the burn began, those with the most failures first. */
    readonly callers: readonly Caller[];
  };
  readonly timeline: readonly TimelineEntry[];
}

/** A part of what the stores told when an incident began; all but `state` may be null. */
export interface KeptPart<T> {
  readonly state: 'pending' | 'kept' | 'not-kept';
  readonly reason: string | null;
  readonly asOfMs: number | null;
  /** The time it is about. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly value: T | null;
}

export interface KeptPattern {
  readonly pattern: string;
  readonly service: string;
  readonly severity: string;
  readonly count: number;
  readonly baselineCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly example: string;
}

export interface KeptLogs {
  readonly baselineStartMs: number;
  readonly scanned: number;
  readonly baselineScanned: number;
  /** Patterns that were new or far more; the first of them are listed. */
  readonly changed: number;
  readonly patterns: readonly KeptPattern[];
}

export interface KeptChange {
  readonly kind: 'start' | 'restart' | 'operation' | 'version' | 'silent';
  readonly atMs: number;
  readonly service: string;
  readonly detail: string;
}

export interface KeptTrace {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootOperation: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly failedSpans: number;
  readonly failedServices: readonly string[];
}

export interface KeptEvidence {
  readonly logs: KeptPart<KeptLogs>;
  readonly changes: KeptPart<readonly KeptChange[]>;
  readonly traces: KeptPart<readonly KeptTrace[]>;
}

export interface IncidentList {
  readonly incidents: readonly Incident[];
}

export interface Delivery {
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly idempotencyKey: string;
  readonly reason: string;
  readonly state: 'waiting' | 'delivered' | 'superseded' | 'failed' | 'expired';
  readonly attempts: readonly {
    readonly atMs: number;
    readonly durationMs: number;
    readonly outcome: string;
  }[];
  readonly createdAtMs: number;
  readonly nextAttemptAtMs: number | null;
}

export interface DeliveryList {
  readonly deliveries: readonly Delivery[];
}

export interface LedgerRow {
  readonly signal: string;
  readonly consumer: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly held: number;
  readonly residual: number;
}

export interface PipelineExporter {
  /** As in the configuration: `otlphttp/archive`. */
  readonly name: string;
  /** Its name in the rows of the ledger. */
  readonly consumer: string;
  /** Partitions of the journal that are its own now, where several collectors share its work. */
  readonly share?: readonly number[];
  readonly state:
    | { readonly kind: 'sending' }
    | {
        readonly kind: 'failing';
        readonly sinceUnixMs: number;
        readonly failures: number;
        readonly error: string;
      };
}

export interface Pipeline {
  readonly journal: {
    readonly state: string;
    readonly bytes: number;
    readonly bytesMax: number;
    readonly heldBytes: number;
    /** Of a journal on Kafka. */
    readonly node: string | null;
    readonly records: number;
    readonly corruptRecords: number;
    readonly failedSyncs: number;
    readonly accepted: Readonly<Record<string, number>>;
  };
  readonly rows: readonly LedgerRow[];
  readonly exporters: readonly PipelineExporter[];
  readonly stores: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly tailItems: number;
    readonly oldestUnixNanos?: string;
    readonly residentBytes?: number;
  }[];
}

/** What runs beside the platform. */
export interface Companions {
  readonly chaos: boolean;
  readonly pages: boolean;
  readonly proofs: boolean;
  /** Base URL of Grafana, as browsers reach it. */
  readonly grafana: string | null;
}

export interface LogRecord {
  readonly id: string;
  readonly unixNanos: string;
  readonly observedUnixNanos: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface LogPage {
  readonly records: readonly LogRecord[];
  readonly next: string | null;
}
