/**
 * What the stores told of the time around the start of an incident when it
 * began, kept with it: so it answers the same when the stores have forgotten.
 * Alerting asks no store; who can ask them hands the answers in.
 */
import type { Incident } from '#alerting/ports.ts';

export const EVIDENCE_PARTS = ['logs', 'changes', 'traces'] as const;
export type EvidencePart = (typeof EVIDENCE_PARTS)[number];

/** As JSON. Some 10 KiB as a rule; hostile names may need twenty times that. */
export const EVIDENCE_BYTES_MAX = 256 * 1024;

/**
 * - `pending`: is still to be asked for; the reason tells why the last try failed, '' before the first;
 * - `kept`: what was answered at `asOfMs` about the time from `startMs` to `endMs`; never changes again;
 * - `not-kept`: nobody asks any more.
 */
export type KeptPart<T> =
  | { readonly state: 'pending'; readonly reason: string }
  | {
      readonly state: 'kept';
      readonly asOfMs: number;
      readonly startMs: number;
      readonly endMs: number;
      readonly value: T;
    }
  | { readonly state: 'not-kept'; readonly reason: string };

export interface KeptEvidence {
  readonly logs: KeptPart<KeptLogs>;
  readonly changes: KeptPart<readonly KeptChange[]>;
  readonly traces: KeptPart<readonly KeptTrace[]>;
}

/** Warnings and errors that were new or far more than in the time before. */
export interface KeptLogs {
  /** The patterns are compared with the time from here to `startMs`. */
  readonly baselineStartMs: number;
  /** Records looked at, in the time itself and before. */
  readonly scanned: number;
  readonly baselineScanned: number;
  /** Patterns that were new or far more; the first of them are in `patterns`. */
  readonly changed: number;
  readonly patterns: readonly KeptPattern[];
}

export interface KeptPattern {
  readonly pattern: string;
  readonly service: string;
  readonly severity: string;
  readonly count: number;
  readonly baselineCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** One of the messages; may be cut. */
  readonly example: string;
}

/**
 * - `start`, `restart`: a process began, for the first time as far as is known, or anew;
 * - `operation`, `version`: came new to a service that was known before; `detail` names it;
 * - `silent`: did not answer scrapes.
 */
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
  /** Those with failed spans. */
  readonly failedServices: readonly string[];
}

/** An incident of which a part is pending, and what is kept so far. */
export interface EvidenceWanted {
  readonly incident: Pick<Incident, 'id' | 'service' | 'startsAtMs' | 'evidence'>;
  readonly kept: KeptEvidence;
}

const NOT_ASKED = { state: 'pending', reason: '' } as const;

export const NOTHING_KEPT: KeptEvidence = { logs: NOT_ASKED, changes: NOT_ASKED, traces: NOT_ASKED };
