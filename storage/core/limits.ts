/** Limits of the ports themselves: every store refuses the same requests in the same words. */
import { CodedError } from '#base/errors.ts';
import type { LogFilter, LogPatternsRequest, LogSteps } from '#storage/ports.ts';

export const LOG_RECORDS_MAX = 5000;
export const FACET_VALUES_MAX = 100;
export const TRACES_MAX = 1500;
/** Ids looked up at once: as many as Jaeger's API takes in one request. */
export const TRACE_IDS_MAX = 100;
const STEPS_MAX = 1000;
const PATTERNS_MAX = 1000;

/** @throws CodedError `PLIM_PARAMETER` unless `value` is a whole number from 1 to `max` */
export function checkLimit(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new CodedError('PLIM_PARAMETER', `${name} is ${value}; expected a whole number from 1 to ${max}`);
}

/** @throws CodedError `PLIM_PARAMETER` */
export function checkSteps({ steps, stepNanos }: LogSteps): void {
  checkLimit('steps', steps, STEPS_MAX);
  if (stepNanos < 1n) throw new CodedError('PLIM_PARAMETER', 'a step is shorter than a nanosecond');
}

/** @throws CodedError `PLIM_PARAMETER` */
export function checkPatterns(
  { unixNanosMin }: LogFilter,
  { baselineUnixNanosMin, patternsMax }: LogPatternsRequest,
): void {
  checkLimit('patterns', patternsMax, PATTERNS_MAX);
  if (baselineUnixNanosMin !== undefined && baselineUnixNanosMin >= unixNanosMin)
    throw new CodedError('PLIM_PARAMETER', 'the baseline begins where the search does, or later');
}

/** Of what arrived: the mark of the answer before. */
export function badSince(since: string): CodedError {
  return new CodedError('PLIM_PARAMETER', `since is not the "next" of an answer: ${JSON.stringify(since)}`);
}

/** The part of a search that its steps cover. */
export function withinSteps(filter: LogFilter, { startUnixNanos, stepNanos, steps }: LogSteps): LogFilter {
  const last = startUnixNanos + stepNanos * BigInt(steps) - 1n;
  return {
    ...filter,
    unixNanosMin: filter.unixNanosMin > startUnixNanos ? filter.unixNanosMin : startUnixNanos,
    unixNanosMax: filter.unixNanosMax < last ? filter.unixNanosMax : last,
  };
}
