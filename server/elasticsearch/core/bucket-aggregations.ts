/** Aggregations that make buckets. */
import { fixedType } from '#signals/elasticsearch/fields.ts';
import { isTimeZone } from '#signals/elasticsearch/time-zone.ts';
import type {
  Bounds,
  BucketOrder,
  CalendarUnit,
  Clause,
  DateHistogramAggregation,
  FieldValue,
  HistogramAggregation,
  NamedFilter,
  TermsAggregation,
} from '#storage/document-search.ts';
import { checkField } from '#server/elasticsearch/core/clauses.ts';
import { dateFormatOf, dateSpan } from '#server/elasticsearch/core/dates.ts';
import { illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import { parseQuery } from '#server/elasticsearch/core/queries.ts';
import {
  booleanAt,
  isObject,
  listAt,
  manyAt,
  numberAt,
  objectAt,
  onlyEntry,
  onlyKeys,
  orElse,
  scalarAt,
  textAt,
  wholeAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';

export interface AggregationContext {
  readonly nowMs: number;
}

/** More would be more than an answer may hold. */
const SIZE_MAX = 65_536;
const COUNT_MAX = 2 ** 31 - 1;
const FILTERS_MAX = 100;

/** @throws ElasticError, as all below; `unsupported` are types of fields the aggregation cannot read */
export function fieldOf(options: JsonObject, name: string, unsupported: readonly string[]): string {
  if (options['script'] !== undefined) throw parsing(`[${name}] does not support [script]`);
  const field = checkField(textAt(options['field'], name), name);
  const type = fixedType(field);
  if (type === 'text') {
    throw illegal(
      `Fielddata is disabled on [${field}]. Text fields are not optimised for operations that require per-document field data like aggregations and sorting`,
    );
  }
  if (type !== undefined && unsupported.includes(type)) {
    throw illegal(`Field [${field}] of type [${type}] is not supported for aggregation [${name}]`);
  }
  return field;
}

export function terms(options: JsonObject, name: string): TermsAggregation {
  const known = [
    'field',
    'size',
    'order',
    'min_doc_count',
    'missing',
    'shard_size',
    'shard_min_doc_count',
    'show_term_doc_count_error',
    'execution_hint',
    'collect_mode',
    'script',
  ];
  onlyKeys(options, known, 'terms');
  const size = orElse(options['size'], 10, (value) => numberAt(value, 'terms'));
  if (!Number.isInteger(size) || size < 1) {
    throw illegal(`[size] must be greater than 0. Found [${size}] in [${name}]`);
  }
  return {
    kind: 'terms',
    field: fieldOf(options, 'terms', []),
    size: Math.min(size, SIZE_MAX),
    countMin: countMin(options, 1, 'terms'),
    missing: orElse<FieldValue | undefined>(options['missing'], undefined, (value) =>
      scalarAt(value, 'terms'),
    ),
    order: orderOf(options['order'], [{ by: '_count', descending: true }], 'terms'),
  };
}

function countMin(options: JsonObject, usual: number, name: string): number {
  return orElse(options['min_doc_count'], usual, (value) => wholeAt(value, name, { min: 0, max: COUNT_MAX }));
}

function orderOf(order: unknown, usual: readonly BucketOrder[], name: string): readonly BucketOrder[] {
  if (order === undefined) return usual;
  return manyAt(order).map((one) => {
    const [by, written] = onlyEntry(one, `${name}] order [`);
    const direction = textAt(written, name).toLowerCase();
    if (direction !== 'asc' && direction !== 'desc') {
      throw parsing(`[${name}] order direction [${direction}] is neither [asc] nor [desc]`);
    }
    return { by: by === '_term' || by === '_time' ? '_key' : by, descending: direction === 'desc' };
  });
}

const DATE_HISTOGRAM_KEYS = [
  'field',
  'fixed_interval',
  'calendar_interval',
  'offset',
  'time_zone',
  'min_doc_count',
  'extended_bounds',
  'hard_bounds',
  'missing',
  'order',
  'keyed',
  'format',
  'script',
];

export function dateHistogram(options: JsonObject, { nowMs }: AggregationContext): DateHistogramAggregation {
  onlyKeys(options, DATE_HISTOGRAM_KEYS, 'date_histogram');
  const timeZone = orElse(options['time_zone'], 'UTC', (value) => textAt(value, 'date_histogram'));
  if (!isTimeZone(timeZone)) throw illegal(`[date_histogram] unknown time zone [${timeZone}]`);
  const format = orElse(options['format'], undefined, (value) => textAt(value, 'date_histogram'));
  const moment = (value: unknown): number =>
    typeof value === 'number'
      ? value
      : dateSpan(textAt(value, 'date_histogram'), { nowMs, timeZone }).firstMs;
  return {
    kind: 'date_histogram',
    field: fieldOf(options, 'date_histogram', ['keyword', 'constant_keyword', 'byte', 'long', 'double']),
    interval: intervalOf(options),
    offsetMs: orElse(options['offset'], 0, (value) => lengthMs(textAt(value, 'date_histogram'), 'offset')),
    timeZone,
    countMin: countMin(options, 0, 'date_histogram'),
    bounds: boundsOf(options, 'date_histogram', moment),
    missing: orElse(options['missing'], undefined, moment),
    order: orderOf(options['order'], [], 'date_histogram'),
    keyed: orElse(options['keyed'], false, (value) => booleanAt(value, 'date_histogram')),
    format: dateFormatOf(format),
  };
}

const CALENDAR_UNITS: Readonly<Record<string, CalendarUnit>> = {
  '1m': 'minute',
  minute: 'minute',
  '1h': 'hour',
  hour: 'hour',
  '1d': 'day',
  day: 'day',
  '1w': 'week',
  week: 'week',
  '1M': 'month',
  month: 'month',
  '1q': 'quarter',
  quarter: 'quarter',
  '1y': 'year',
  year: 'year',
};

function intervalOf(options: JsonObject): DateHistogramAggregation['interval'] {
  const { fixed_interval: fixed, calendar_interval: calendar } = options;
  if ((fixed === undefined) === (calendar === undefined)) {
    throw illegal(
      'Invalid interval specified: [date_histogram] needs one of [fixed_interval] and [calendar_interval]',
    );
  }
  if (fixed !== undefined) {
    const ms = lengthMs(textAt(fixed, 'date_histogram'), 'fixed_interval');
    if (ms < 1) throw illegal('[date_histogram] fixed_interval must be greater than 0');
    return { ms };
  }
  const text = textAt(calendar, 'date_histogram');
  const unit = Object.hasOwn(CALENDAR_UNITS, text) ? CALENDAR_UNITS[text] : undefined;
  if (unit === undefined) {
    throw illegal(`The supplied interval [${text}] could not be parsed as a calendar interval.`);
  }
  return { unit };
}

const LENGTHS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function lengthMs(text: string, name: string): number {
  const match = /^([+-]?)(\d{1,15})(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw parsing(`[date_histogram] ${name} [${text}] is not a time such as [30s]`);
  return (match[1] === '-' ? -1 : 1) * Number(match[2]) * (LENGTHS_MS[match[3] ?? ''] ?? 0);
}

function boundsOf(options: JsonObject, name: string, moment: (value: unknown) => number): Bounds {
  const both = (key: string): Bounds['extended'] => {
    if (options[key] === undefined) return undefined;
    const written = objectAt(options[key], name);
    onlyKeys(written, ['min', 'max'], `${name}] ${key} [`);
    const end = (value: unknown): number | undefined =>
      value === undefined || value === null ? undefined : moment(value);
    const bounds = { min: end(written['min']), max: end(written['max']) };
    if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max) {
      throw illegal(`[${name}] ${key}.min[${bounds.min}] cannot be greater than ${key}.max[${bounds.max}]`);
    }
    return bounds;
  };
  return { extended: both('extended_bounds'), hard: both('hard_bounds') };
}

export function histogram(options: JsonObject): HistogramAggregation {
  const known = [
    'field',
    'interval',
    'offset',
    'min_doc_count',
    'extended_bounds',
    'hard_bounds',
    'missing',
    'order',
    'keyed',
    'script',
  ];
  onlyKeys(options, known, 'histogram');
  const interval = numberAt(options['interval'], 'histogram');
  if (interval <= 0) throw illegal(`[interval] must be >0 for histogram aggregation [${interval}]`);
  const number = (value: unknown): number => numberAt(value, 'histogram');
  return {
    kind: 'histogram',
    field: fieldOf(options, 'histogram', ['keyword', 'constant_keyword']),
    interval,
    offset: orElse(options['offset'], 0, number),
    countMin: countMin(options, 0, 'histogram'),
    bounds: boundsOf(options, 'histogram', number),
    missing: orElse(options['missing'], undefined, number),
    order: orderOf(options['order'], [], 'histogram'),
    keyed: orElse(options['keyed'], false, (value) => booleanAt(value, 'histogram')),
  };
}

export function filterBuckets(options: JsonObject, context: AggregationContext) {
  onlyKeys(options, ['filters'], 'filters');
  const written = options['filters'];
  const keyed = isObject(written);
  const pairs: readonly (readonly [string, unknown])[] = keyed
    ? Object.entries(written)
    : listAt(written, 'filters').map((one, at) => [String(at), one]);
  if (pairs.length > FILTERS_MAX) throw parsing(`[filters] has more than ${FILTERS_MAX} filters`);
  const filters = pairs.map(([name, filter]): NamedFilter => ({ name, filter: parseQuery(filter, context) }));
  return { kind: 'filters' as const, filters, keyed };
}

export function singleFilter(options: JsonObject, context: AggregationContext) {
  const filter: Clause = parseQuery(options, context);
  return { kind: 'filter' as const, filter };
}

export function missingBucket(options: JsonObject) {
  onlyKeys(options, ['field'], 'missing');
  return { kind: 'missing' as const, field: checkField(textAt(options['field'], 'missing'), 'missing') };
}
