/** Of our own API: log records, what they are together, and those that arrive. */
import { SEVERITY_RANGES } from '#signals/severity.ts';
import {
  INTEGER,
  listOf,
  nullable,
  query,
  read,
  record,
  ref,
  TEXT,
  TIME_NANOS,
  type Json,
} from '#server/plimsoll/openapi-words.ts';

const SEVERITY: Json = { enum: SEVERITY_RANGES };

/** Which records. */
const FILTER: readonly Json[] = [
  query('service', TEXT, 'service.name of the resource.'),
  query('text', { ...TEXT, maxLength: 1000 }, 'Substring of the body, in any case.'),
  query('severity', TEXT, `Lowest severity: a number from 0 to 24, or one of ${SEVERITY_RANGES.join(', ')}.`),
  query('trace_id', TEXT, '32 hex digits.'),
  query('span_id', TEXT, '16 hex digits.'),
  query(
    'attr.KEY',
    TEXT,
    'An attribute of the record or its resource, compared as text; may be given several times.',
  ),
  query('not.service', TEXT, 'Leaves this service out. Every not.* may be given several times, 20 in all.'),
  query('not.text', { ...TEXT, maxLength: 1000 }, 'Leaves out bodies with this substring, in any case.'),
  query('not.severity', SEVERITY, 'Leaves out one range of severities.'),
  query(
    'not.attr.KEY',
    TEXT,
    'Leaves out what has this attribute, on the record or its resource, compared as text.',
  ),
  query('start', TEXT, 'Earliest time: nanoseconds since the Unix epoch, or RFC 3339.'),
];
const END = query('end', TEXT, 'Latest time, inclusive.');

function needed(parameter: Json): Json {
  return { ...parameter, required: true };
}

const TAIL: Json = {
  get: {
    summary: 'Server-sent events: records that match everything given, as they arrive, each once.',
    parameters: [...FILTER, END],
    responses: {
      200: {
        description:
          'Events records, {records, skipped?, truncated?}: what has arrived since the one before, newest first, at most 500; skipped counts older ones that are left out, truncated says that what arrived was too large to be told. An event trouble, {code, message}, says that the store cannot be asked right now; what arrives meanwhile is told once it can.',
        content: { 'text/event-stream': { schema: TEXT } },
      },
      default: {
        description: 'What went wrong: 503 when 32 are open already.',
        content: { 'application/json': { schema: ref('Error') } },
      },
    },
  },
};

export const LOG_PATHS: Json = {
  '/logs': read(
    'Log records that match everything given.',
    record({ records: listOf(ref('LogRecord')), next: nullable(TEXT) }),
    [
      ...FILTER,
      END,
      query('order', { enum: ['newest-first', 'oldest-first'], default: 'newest-first' }, 'By time.'),
      query('limit', { type: 'integer', minimum: 1, maximum: 5000, default: 100 }, 'Records of a page.'),
      query('after', TEXT, '`next` of the page before.'),
    ],
  ),
  '/logs/histogram': read('How many records there are over time, exact, by severity.', ref('LogHistogram'), [
    ...FILTER.map((parameter) => (parameter['name'] === 'start' ? needed(parameter) : parameter)),
    needed(query('end', TEXT, 'End of the time, exclusive.')),
    query(
      'buckets',
      { type: 'integer', minimum: 1, maximum: 500, default: 60 },
      'Parts of equal length the time is cut into; the last may reach beyond its end.',
    ),
  ]),
  '/logs/facets': read(
    'Values the newest records have, at most 50,000 of them: services, severities, and up to 12 attributes that have at most 100 different values. Attributes of a record or resource with more than 8 KiB of them are not counted.',
    ref('LogFacets'),
    [...FILTER, END],
  ),
  '/logs/patterns': read(
    'Messages of the newest records, at most 20,000 of them, as templates: <num>, <id>, <ip> and <str> stand for what changes. At most 200, the frequent first.',
    ref('LogPatterns'),
    [
      ...FILTER,
      END,
      query('baseline_start', TEXT, 'Begin of a time of comparison, before start, where it ends.'),
    ],
  ),
  '/logs/tail': TAIL,
};

export const LOG_SCHEMAS: Json = {
  LogRecord: record({
    id: TEXT,
    unixNanos: TIME_NANOS,
    observedUnixNanos: TIME_NANOS,
    severityNumber: INTEGER,
    severityText: TEXT,
    eventName: TEXT,
    body: {},
    traceId: nullable(TEXT),
    spanId: nullable(TEXT),
    attributes: { type: 'object' },
    resource: { type: 'object' },
    scope: record({ name: TEXT, version: TEXT, attributes: { type: 'object' } }),
  }),
  LogHistogram: record({
    startUnixNanos: TIME_NANOS,
    stepNanos: { ...TEXT, description: 'Length of a bucket, in decimal.' },
    buckets: listOf(
      record({
        unixNanos: { ...TIME_NANOS, description: 'Begin of the bucket; its end is not in it.' },
        total: INTEGER,
        counts: record(Object.fromEntries(SEVERITY_RANGES.map((range) => [range, INTEGER]))),
      }),
    ),
  }),
  LogFacets: record({
    scanned: { ...INTEGER, description: 'Records that were counted.' },
    facets: listOf(
      record({
        key: { ...TEXT, description: 'service, severity or attr.KEY.' },
        values: {
          ...listOf(record({ value: TEXT, count: INTEGER })),
          description: 'At most 10, the frequent first.',
        },
        otherCount: { ...INTEGER, description: 'Records that have the key with a value not listed.' },
      }),
    ),
  }),
  LogPatterns: record({
    scanned: { ...INTEGER, description: 'Records that were looked at.' },
    baselineScanned: {
      ...INTEGER,
      description: 'The same between baseline_start and start; at 20,000 the baseline may be cut.',
    },
    patterns: listOf(
      record({
        pattern: TEXT,
        service: TEXT,
        severity: SEVERITY,
        count: INTEGER,
        baselineCount: { ...INTEGER, description: 'Between baseline_start and start.' },
        firstUnixNanos: TIME_NANOS,
        lastUnixNanos: TIME_NANOS,
        exampleId: { ...TEXT, description: 'Of the newest.' },
        example: { ...TEXT, description: 'Its message, cut after 1000 characters.' },
      }),
    ),
  }),
};
