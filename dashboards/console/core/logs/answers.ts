/** Answers of `/api/plimsoll/v1/logs/…` beside the records themselves. */
import type { LogRecord } from '#dashboards/console/web/data/own-api.ts';

/** Ranges of OTLP's severity numbers, lowest first; `unset` is 0. */
export const LEVELS = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export type Level = (typeof LEVELS)[number];

export interface LogHistogram {
  readonly startUnixNanos: string;
  readonly stepNanos: string;
  readonly buckets: readonly {
    readonly unixNanos: string;
    readonly total: number;
    readonly counts: Readonly<Record<Level, number>>;
  }[];
}

export interface LogFacet {
  /** `service`, `severity` or `attr.KEY`. */
  readonly key: string;
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** Records in none of the values. */
  readonly otherCount: number;
}

export interface LogFacets {
  /** Newest records that were counted, at most. */
  readonly scanned: number;
  readonly facets: readonly LogFacet[];
}

export interface LogPattern {
  readonly pattern: string;
  readonly service: string;
  readonly severity: string;
  readonly count: number;
  readonly baselineCount: number;
  readonly firstUnixNanos: string;
  readonly lastUnixNanos: string;
  readonly exampleId: string;
  readonly example: string;
}

export interface LogPatterns {
  readonly scanned: number;
  /** Records of the time before that were looked at. */
  readonly baselineScanned?: number;
  readonly patterns: readonly LogPattern[];
}

/** Data of the event `records` of `/logs/tail`. */
export interface LogTail {
  readonly records: readonly LogRecord[];
  /** Records that came too fast to be told. */
  readonly skipped?: number;
  /** More arrived at once than an event can hold; none of it is in `records`. */
  readonly truncated?: boolean;
}

/** Data of the event `trouble`: the store cannot be asked right now. */
export interface LogTailTrouble {
  readonly code: string;
  readonly message: string;
}

export function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

/** Every range spans four numbers; what is out of range is unset. */
export function levelOf(severityNumber: number): Level {
  if (!(severityNumber >= 1 && severityNumber <= 24)) return 'unset';
  return LEVELS[Math.floor((severityNumber - 1) / 4) + 1] ?? 'unset';
}
