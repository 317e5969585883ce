/** Questions to our documents as clauses of Elasticsearch. All of them filter; nothing is scored. */
import { SPAN_KIND_NAMES, STATUS_CODE_NAMES } from '#signals/elasticsearch/documents.ts';
import { SPAN_KINDS, STATUS_CODES } from '#signals/model.ts';
import { severityNumberMax, severityNumberMin, type SeverityRange } from '#signals/severity.ts';
import type { LogExclusions, LogFilter, TraceSearch } from '#storage/ports.ts';
import { clampedTime, pairTerm, searchable, termOf } from '#storage/elasticsearch/stored-item.ts';

export type Clause = Readonly<Record<string, unknown>>;

export const TIME = 'plimsoll.time';
/** Time, then identity: a total order, the same as of the embedded store. */
export const ORDER = [TIME, 'plimsoll.producer', 'plimsoll.sequence', 'plimsoll.ordinal'] as const;

export function sortBy(direction: 'asc' | 'desc'): readonly Clause[] {
  return ORDER.map((name) => ({ [name]: { order: direction } }));
}

export function all(filters: readonly Clause[], mustNot: readonly Clause[] = []): Clause {
  return { bool: { filter: filters, ...(mustNot.length === 0 ? {} : { must_not: mustNot }) } };
}

export function anyOf(clauses: readonly Clause[]): Clause {
  return { bool: { should: clauses, minimum_should_match: 1 } };
}

export function term(name: string, value: string): Clause {
  return { term: { [name]: value } };
}

/** Both inclusive. As texts: a JSON number would lose digits. */
export function timeRange(unixNanosMin: bigint, unixNanosMax: bigint): Clause {
  return range(TIME, { gte: clampedTime(unixNanosMin), lte: clampedTime(unixNanosMax) });
}

export function range(name: string, bounds: Readonly<Record<string, bigint | undefined>>): Clause {
  const texts = Object.entries(bounds).flatMap(([bound, value]) =>
    value === undefined ? [] : [[bound, value.toString()]],
  );
  return { range: { [name]: Object.fromEntries(texts) } };
}

export function logClause(filter: LogFilter): Clause {
  const clauses = [timeRange(filter.unixNanosMin, filter.unixNanosMax)];
  if (filter.service !== undefined) clauses.push(serviceClause(filter.service));
  if (filter.text !== undefined) clauses.push(textClause(filter.text));
  if (filter.severityNumberMin > 0)
    clauses.push(range('severity_number', { gte: BigInt(filter.severityNumberMin) }));
  if (filter.traceId !== undefined) clauses.push(term('trace_id', filter.traceId));
  if (filter.spanId !== undefined) clauses.push(term('span_id', filter.spanId));
  for (const [key, value] of Object.entries(filter.attributes)) clauses.push(pairClause(key, value));
  return all(clauses, filter.excluded === undefined ? [] : exclusions(filter.excluded));
}

function exclusions({ services, texts, severities, attributes }: LogExclusions): readonly Clause[] {
  return [
    ...services.map(serviceClause),
    ...texts.map(textClause),
    ...severities.map(severityClause),
    ...attributes.map(([key, value]) => pairClause(key, value)),
  ];
}

/** Whatever is no number of OTLP's is unset. */
export function severityClause(severity: SeverityRange): Clause {
  const within = (from: SeverityRange, to: SeverityRange): Clause =>
    range('severity_number', { gte: BigInt(severityNumberMin(from)), lte: BigInt(severityNumberMax(to)) });
  return severity === 'unset' ? all([], [within('trace', 'fatal')]) : within(severity, severity);
}

function serviceClause(service: string): Clause {
  return term('plimsoll.service', termOf(service));
}

function pairClause(key: string, value: string): Clause {
  return term('plimsoll.pairs', pairTerm(key, value));
}

/** A substring, in any case. */
function textClause(text: string): Clause {
  const escaped = searchable(text).replace(/[\\*?]/g, String.raw`\$&`);
  return { wildcard: { 'plimsoll.message': { value: `*${escaped}*` } } };
}

export function spanClause(search: TraceSearch): Clause {
  const clauses = [
    timeRange(search.startUnixNanosMin, search.startUnixNanosMax),
    serviceClause(search.service),
  ];
  if (search.operation !== undefined) clauses.push(term('name', search.operation));
  const { durationNanosMin, durationNanosMax } = search;
  if (durationNanosMin !== undefined || durationNanosMax !== undefined)
    clauses.push(range('duration', { gte: durationNanosMin, lte: durationNanosMax }));
  for (const [key, value] of Object.entries(search.attributes))
    clauses.push(anyOf([pairClause(key, value), ...pseudoTag(key, value)]));
  return all(clauses);
}

/** Tags Jaeger shows that are no attributes of ours but fields of the span. */
function pseudoTag(key: string, value: string): readonly Clause[] {
  switch (key) {
    case 'error':
      return value === 'true' ? [term('status.code', STATUS_CODE_NAMES.error)] : [];
    case 'span.kind': {
      const kind = SPAN_KINDS.find((name) => name === value && name !== 'unspecified');
      return kind === undefined ? [] : [term('kind', SPAN_KIND_NAMES[kind])];
    }
    case 'otel.status_code': {
      const code = STATUS_CODES.find((name) => name === value.toLowerCase());
      return code === undefined ? [] : [term('status.code', STATUS_CODE_NAMES[code])];
    }
    case 'otel.status_description':
      return [term('status.message', value)];
    case 'w3c.tracestate':
      return [term('trace_state', value)];
    default:
      return [];
  }
}
