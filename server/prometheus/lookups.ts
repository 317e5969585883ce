/** What there is: series, labels, values, metadata. */
import { CodedError } from '#base/errors.ts';
import type { LabelRequest, MetricReader } from '#storage/ports.ts';
import { dataAnswer, type Answer } from '#server/prometheus/answers.ts';
import { unescapeLabelName } from '#server/prometheus/label-names.ts';
import type { Parameters } from '#server/prometheus/parameters.ts';
import { TRUNCATED } from '#server/prometheus/queries.ts';

export async function series(parameters: Parameters, reader: MetricReader): Promise<Answer> {
  const { request, limit } = labelRequest(parameters);
  if (request.sets.length === 0) {
    throw new CodedError('PLIM_PARAMETER', 'no match[] parameter provided');
  }
  return limitedAnswer(await reader.series(request), limit);
}

export async function labelNames(parameters: Parameters, reader: MetricReader): Promise<Answer> {
  const { request, limit } = labelRequest(parameters);
  return limitedAnswer(await reader.labelNames(request), limit);
}

/** @param encodedName the path's part, still percent-encoded */
export async function labelValues(
  encodedName: string,
  parameters: Parameters,
  reader: MetricReader,
): Promise<Answer> {
  const name = unescapeLabelName(decode(encodedName));
  const { request, limit } = labelRequest(parameters);
  return limitedAnswer(await reader.labelValues(name, request), limit);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    throw new CodedError('PLIM_PARAMETER', `invalid label name: "${encoded}"`, { cause: error });
  }
}

interface LimitedRequest {
  readonly request: LabelRequest;
  readonly limit: number;
}

/** Asks for one more than the limit, to know whether there is more. */
function labelRequest(parameters: Parameters): LimitedRequest {
  const limit = parameters.limit('limit');
  const sets = parameters.matcherSets();
  return { limit, request: { sets, ...parameters.timeRange(), limit: limit === 0 ? 0 : limit + 1 } };
}

function limitedAnswer(items: readonly unknown[], limit: number): Answer {
  if (limit === 0 || items.length <= limit) return dataAnswer(items);
  return dataAnswer(items.slice(0, limit), { warnings: [TRUNCATED] });
}

export async function metadata(parameters: Parameters, reader: MetricReader): Promise<Answer> {
  const limit = parameters.text('limit') === undefined ? Infinity : parameters.limit('limit');
  const perMetric = parameters.limit('limit_per_metric') || Infinity;
  const wanted = parameters.text('metric');
  const known = Object.entries(await reader.metadata())
    .filter(([name]) => wanted === undefined || name === wanted)
    .slice(0, limit)
    .map(([name, { type, help, unit }]) => [name, [{ type, help, unit }].slice(0, perMetric)] as const);
  return dataAnswer(Object.fromEntries(known));
}
