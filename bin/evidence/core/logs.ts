/** Which templates of log lines are evidence: those that are new, and those that grew. */
import type { KeptLogs, KeptPattern } from '#alerting/kept-evidence.ts';
import { shortName, shortText } from '#bin/evidence/core/text.ts';
import type { Window } from '#bin/evidence/core/window.ts';
import { SEVERITY_RANGES } from '#signals/severity.ts';
import type { LogFilter, LogPattern, LogPatterns } from '#storage/ports.ts';

/** More than a person reads. */
const PATTERNS_KEPT_MAX = 12;
/** So many times more than before is a change; less is weather. */
const GROWTH_MIN = 3;
/** `warn` of OTLP's severity numbers. */
const SEVERITY_MIN = 13;
const NANOS_PER_MS = 1_000_000n;

export function logFilter({ startMs, endMs }: Window): LogFilter {
  return {
    service: undefined,
    text: undefined,
    severityNumberMin: SEVERITY_MIN,
    traceId: undefined,
    spanId: undefined,
    attributes: {},
    unixNanosMin: nanos(startMs),
    unixNanosMax: nanos(endMs),
  };
}

export function nanos(timeMs: number): bigint {
  return BigInt(Math.max(0, Math.trunc(timeMs))) * NANOS_PER_MS;
}

export function keptLogs(
  { scanned, baselineScanned, patterns }: LogPatterns,
  { baselineStartMs }: Window,
): KeptLogs {
  const changed = patterns.filter(
    ({ count, baselineCount }) => baselineCount === 0 || count >= GROWTH_MIN * baselineCount,
  );
  return {
    baselineStartMs,
    scanned,
    baselineScanned,
    changed: changed.length,
    patterns: changed.toSorted(byWeight).slice(0, PATTERNS_KEPT_MAX).map(keptPattern),
  };
}

/** New ones first, of those the severe, then the frequent. */
function byWeight(a: LogPattern, b: LogPattern): number {
  return weight(b) - weight(a) || b.count - a.count;
}

function weight({ baselineCount, severity }: LogPattern): number {
  return baselineCount > 0 ? -1 : SEVERITY_RANGES.indexOf(severity);
}

function keptPattern(pattern: LogPattern): KeptPattern {
  const { severity, count, baselineCount, firstUnixNanos, lastUnixNanos } = pattern;
  return {
    pattern: shortText(pattern.pattern),
    service: shortName(pattern.service),
    severity,
    count,
    baselineCount,
    firstMs: Number(firstUnixNanos / NANOS_PER_MS),
    lastMs: Number(lastUnixNanos / NANOS_PER_MS),
    example: shortText(pattern.example),
  };
}
