/** `query` and `query_range`. */
import type { Clock } from '#base/clock.ts';
import { CodedError, isCoded } from '#base/errors.ts';
import { Budget } from '#promql/engine/budget.ts';
import {
  evaluateInstant,
  evaluateOverRange,
  QUERY_TIMEOUT_MS,
  STEPS_MAX,
  type EvaluationOptions,
  type QueryResult,
} from '#promql/evaluate.ts';
import { parseQuery, type Query } from '#promql/syntax/parser.ts';
import type { SeriesSource } from '#promql/ports.ts';
import type { Answer } from '#server/prometheus/answers.ts';
import { queryAnswer } from '#server/prometheus/encode.ts';
import { invalid, type Parameters } from '#server/prometheus/parameters.ts';
import type { Turns } from '#server/prometheus/turns.ts';

export const TRUNCATED = 'results truncated due to limit';

export interface QueryParts {
  readonly source: SeriesSource;
  readonly clock: Clock;
  /** Lets other work of the thread run. */
  readonly yieldTurn: () => Promise<void>;
  readonly turns: Turns;
}

/** The expression of parameter `query`. */
export function queryParameter(parameters: Parameters): Query {
  try {
    return parseQuery(parameters.text('query') ?? '');
  } catch (error) {
    throw isCoded(error, 'PLIM_PROMQL') ? invalid('query', error.message) : error;
  }
}

export async function instantQuery(
  parameters: Parameters,
  parts: QueryParts,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const timeMs = parameters.timeMs('time') ?? parts.clock.wallMs();
  const options = optionsOf(parameters, parts, signal);
  const query = queryParameter(parameters);
  const evaluate = (): Promise<QueryResult> => evaluateInstant(query, timeMs, options);
  return parts.turns.run(() => answer(parameters, options, evaluate), signal);
}

export async function rangeQuery(
  parameters: Parameters,
  parts: QueryParts,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const startMs = parameters.requiredTimeMs('start');
  const endMs = parameters.requiredTimeMs('end');
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time');
  const stepMs = parameters.durationMs('step');
  if (stepMs === undefined) throw invalid('step', 'cannot parse "" to a valid duration');
  if (stepMs <= 0) {
    throw invalid(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if ((endMs - startMs) / stepMs > STEPS_MAX) {
    throw new CodedError(
      'PLIM_PARAMETER',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const options = optionsOf(parameters, parts, signal);
  const query = queryParameter(parameters);
  const evaluate = (): Promise<QueryResult> => evaluateOverRange(query, { startMs, endMs, stepMs }, options);
  return parts.turns.run(() => answer(parameters, options, evaluate), signal);
}

function optionsOf(
  parameters: Parameters,
  { source, clock, yieldTurn }: QueryParts,
  signal: AbortSignal | undefined,
): EvaluationOptions {
  const timeoutMs = Math.min(parameters.durationMs('timeout') ?? QUERY_TIMEOUT_MS, QUERY_TIMEOUT_MS);
  const lookbackMs = parameters.durationMs('lookback_delta');
  if (lookbackMs !== undefined && lookbackMs <= 0) throw invalid('lookback_delta', 'must be positive');
  return { source, clock, yieldTurn, signal, timeoutMs, lookbackMs };
}

async function answer(
  parameters: Parameters,
  options: EvaluationOptions,
  evaluate: () => Promise<QueryResult>,
): Promise<Answer> {
  const limit = parameters.limit('limit');
  const startMs = options.clock.monotonicMs();
  const whole = await evaluate();
  const seconds = (options.clock.monotonicMs() - startMs) / 1000;
  const { result, truncated } = truncate(whole, limit);
  const stats = {
    timings: { evalTotalTime: seconds, execTotalTime: seconds },
    samples: { totalQueryableSamples: whole.samplesRead },
  };
  const encoding = new Budget(options);
  return queryAnswer(result, {
    pause: () => encoding.pause(),
    stats: parameters.text('stats') === undefined ? undefined : stats,
    warnings: truncated ? [...result.warnings, TRUNCATED] : result.warnings,
  });
}

function truncate(
  result: QueryResult,
  limit: number,
): { readonly result: QueryResult; readonly truncated: boolean } {
  const { value } = result;
  if (limit === 0) return { result, truncated: false };
  if (value.type === 'vector' && value.samples.length > limit) {
    const cut = { ...value, samples: value.samples.slice(0, limit) };
    return { result: { ...result, value: cut }, truncated: true };
  }
  if (value.type === 'matrix' && value.series.length > limit) {
    const cut = { ...value, series: value.series.slice(0, limit) };
    return { result: { ...result, value: cut }, truncated: true };
  }
  return { result, truncated: false };
}
