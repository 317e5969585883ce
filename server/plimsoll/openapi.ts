/**
 * `/api/plimsoll/openapi.json`: our own API, described. A test holds the paths
 * to the routers, both ways.
 */
import { Router } from 'express';
import { COMPANION_PATHS, COMPANION_SCHEMAS } from '#server/plimsoll/openapi-companions.ts';
import { EVIDENCE_PATHS, EVIDENCE_SCHEMAS } from '#server/plimsoll/openapi-evidence.ts';
import { LOG_PATHS, LOG_SCHEMAS } from '#server/plimsoll/openapi-logs.ts';
import {
  answers,
  BOOLEAN,
  inPath,
  INTEGER,
  listOf,
  nullable,
  NUMBER,
  query,
  read,
  record,
  ref,
  TEXT,
  TIME_MS,
  TIME_NANOS,
  type Json,
} from '#server/plimsoll/openapi-words.ts';

const WHO = { by: { ...TEXT, minLength: 1, maxLength: 200 } };

function change(summary: string, body: Readonly<Record<string, Json>> = WHO): Json {
  return {
    post: {
      summary,
      parameters: [inPath('id', 'Id of the incident.')],
      requestBody: { required: true, content: { 'application/json': { schema: record(body) } } },
      responses: answers('The incident after the change, which is durable.', ref('Incident')),
    },
  };
}

const PATHS: Json = {
  ...COMPANION_PATHS,
  ...LOG_PATHS,
  ...EVIDENCE_PATHS,
  '/slos': read(
    'Every SLO with its state, windows and budget.',
    record({ slos: listOf(ref('Slo')), problems: listOf(ref('Problem')), lagMs: NUMBER }),
  ),
  '/slos/{id}': read('One SLO.', ref('Slo'), [inPath('id', 'Id of the SLO, service/name.')]),
  '/slos/{id}/history': read('What an SLO counted, in steps of equal length.', ref('SloHistory'), [
    inPath('id', 'Id of the SLO, service/name.'),
    query(
      'start',
      TIME_MS,
      'Inclusive. Left out: the period before now. What is no longer kept is left out.',
    ),
    query('end', TIME_MS, 'Exclusive. Left out: now.'),
    query(
      'steps',
      { type: 'integer', minimum: 1, maximum: 1000, default: 300 },
      'Most steps to answer with.',
    ),
  ]),
  '/budgets': read('The error budget of every SLO.', record({ budgets: listOf(ref('Budget')) })),
  '/reload': {
    post: {
      summary: 'Reads the SLO folder again. With an error in it nothing changes, and 422 lists the problems.',
      responses: {
        ...answers('What was found.', ref('Reload')),
        422: {
          description: 'The problems; nothing has changed.',
          content: { 'application/json': { schema: ref('Reload') } },
        },
      },
    },
  },
  '/incidents': read('Incidents, newest first.', record({ incidents: listOf(ref('Incident')) }), [
    query('open', BOOLEAN, 'Only those that fire, or only those that are resolved.'),
    query('slo', TEXT, 'Only those of the SLO with this id, service/name.'),
    query('service', TEXT, 'Only those of SLOs of this service.'),
    query(
      'limit',
      { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
      'Most incidents to answer with.',
    ),
  ]),
  '/incidents/{id}': read('One incident with its evidence and timeline.', ref('Incident'), [
    inPath('id', 'Id of the incident.'),
  ]),
  '/incidents/{id}/acknowledge': change('Somebody has it: it is not repeated.'),
  '/incidents/{id}/unacknowledge': change('Nobody has it any more.'),
  '/incidents/{id}/notes': change(
    'Somebody has something to say: it stands in the timeline, kind note. At most 100 an incident, then 409.',
    { ...WHO, text: { ...TEXT, minLength: 1, maxLength: 4000 } },
  ),
  '/deliveries': read(
    'Notifications and every attempt to deliver them, newest first.',
    record({ deliveries: listOf(ref('Delivery')) }),
    [
      query(
        'limit',
        { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
        'Most deliveries to answer with.',
      ),
    ],
  ),
  '/ledger': read(
    'The conservation ledger: accepted = delivered + dropped + held, by signal and consumer.',
    ref('Pipeline'),
  ),
};

const SCHEMAS: Json = {
  ...COMPANION_SCHEMAS,
  ...LOG_SCHEMAS,
  ...EVIDENCE_SCHEMAS,
  Error: record({ code: { ...TEXT, description: 'From the error catalogue.' }, message: TEXT }),
  Problem: record({
    file: TEXT,
    line: INTEGER,
    column: INTEGER,
    path: TEXT,
    severity: { enum: ['error', 'warning'] },
    message: TEXT,
  }),
  Reload: record({ reloaded: BOOLEAN, problems: listOf(ref('Problem')) }),
  Slo: {
    ...record({
      id: TEXT,
      name: TEXT,
      displayName: TEXT,
      service: TEXT,
      description: TEXT,
      objective: { ...NUMBER, description: 'Ratio between 0 and 1.' },
      indicator: { enum: ['availability', 'latency', 'ratio'] },
      thresholdMs: nullable(NUMBER),
      periodMs: INTEGER,
      state: ref('SloState'),
      stateSinceMs: TIME_MS,
      windows: listOf(ref('BurnWindow')),
      budget: record({
        good: NUMBER,
        total: NUMBER,
        allowedBad: NUMBER,
        remainingRatio: nullable(NUMBER),
        exhaustedInMs: nullable(NUMBER),
        measuredRatio: NUMBER,
      }),
      definedAt: TEXT,
    }),
  },
  SloHistory: record({
    id: TEXT,
    startMs: { ...TIME_MS, description: 'Begin of the first step.' },
    stepMs: {
      ...INTEGER,
      description:
        'Length of a step: whole buckets of what is kept, from 1 s (15 min back) to period / 2880.',
    },
    good: { ...listOf(NUMBER), description: 'Good events of each step, exact.' },
    total: { ...listOf(NUMBER), description: 'All events of each step, exact.' },
    measured: {
      ...listOf(NUMBER),
      description: 'Share of each step, 0 to 1, asked for, past, and for which telemetry was there.',
    },
  }),
  SloState: { enum: ['ok', 'burning', 'idle', 'blind', 'catching-up'] },
  Budget: record({
    id: TEXT,
    service: TEXT,
    objective: NUMBER,
    periodMs: INTEGER,
    state: ref('SloState'),
    good: NUMBER,
    total: NUMBER,
    allowedBad: NUMBER,
    remainingRatio: {
      ...nullable(NUMBER),
      description: '1 untouched, 0 spent, negative overspent; null before the first event.',
    },
    exhaustedInMs: { ...nullable(NUMBER), description: 'At the present burn; null when it does not shrink.' },
    measuredRatio: { ...NUMBER, description: 'Share of the period for which telemetry was there.' },
  }),
  BurnWindow: record({
    severity: { enum: ['page', 'ticket'] },
    longWindowMs: INTEGER,
    shortWindowMs: INTEGER,
    factor: NUMBER,
    longBurn: NUMBER,
    shortBurn: NUMBER,
    badInLongWindow: NUMBER,
    holds: BOOLEAN,
  }),
  Incident: record({
    id: TEXT,
    sloId: TEXT,
    service: TEXT,
    severity: { enum: ['page', 'ticket'] },
    alertname: TEXT,
    fingerprint: TEXT,
    state: { enum: ['firing', 'resolved'] },
    startsAtMs: TIME_MS,
    endsAtMs: nullable(TIME_MS),
    acknowledgedBy: nullable(TEXT),
    acknowledgedAtMs: nullable(TIME_MS),
    evidence: ref('Evidence'),
    timeline: listOf(record({ atMs: TIME_MS, kind: ref('TimelineKind'), text: TEXT, by: TEXT })),
  }),
  TimelineKind: {
    enum: [
      'fired',
      'resolved',
      'notified',
      'notification-failed',
      'acknowledged',
      'unacknowledged',
      'silenced',
      'unsilenced',
      'note',
    ],
  },
  Evidence: record({
    objective: NUMBER,
    windows: listOf(ref('BurnWindow')),
    budgetRemainingRatio: nullable(NUMBER),
    exhaustedInMs: nullable(NUMBER),
    failingTraceIds: listOf(TEXT),
    firstBadMs: nullable(TIME_MS),
    suspects: listOf(record({ service: TEXT, score: NUMBER, reason: TEXT })),
    callers: listOf(record({ service: TEXT, calls: INTEGER, failed: INTEGER })),
  }),
  Delivery: record({
    id: TEXT,
    receiver: TEXT,
    groupKey: TEXT,
    idempotencyKey: TEXT,
    reason: TEXT,
    state: { enum: ['waiting', 'delivered', 'superseded', 'failed', 'expired'] },
    attempts: listOf(record({ atMs: TIME_MS, durationMs: NUMBER, outcome: TEXT })),
    createdAtMs: TIME_MS,
    nextAttemptAtMs: nullable(TIME_MS),
  }),
  Pipeline: record({
    journal: record({
      state: TEXT,
      bytes: NUMBER,
      bytesMax: {
        ...NUMBER,
        description: 'Of bytes; on a topic of Kafka of heldBytes, for the brokers keep what they like.',
      },
      heldBytes: {
        ...NUMBER,
        description:
          'What the furthest behind of the consumers that must not lose anything has still to read.',
      },
      node: {
        ...nullable(TEXT),
        description:
          'On a topic of Kafka: the writer of this process, whose items accepted counts. Else null.',
      },
      records: NUMBER,
      corruptRecords: NUMBER,
      failedSyncs: NUMBER,
      accepted: ref('Totals'),
    }),
    rows: listOf(
      record({
        signal: TEXT,
        consumer: TEXT,
        accepted: NUMBER,
        delivered: NUMBER,
        dropped: { type: 'object', additionalProperties: NUMBER },
        held: NUMBER,
        residual: NUMBER,
      }),
    ),
    exporters: listOf({
      type: 'object',
      required: ['name', 'consumer', 'state'],
      properties: {
        name: { ...TEXT, description: 'As in the configuration: TYPE or TYPE/NAME.' },
        consumer: { ...TEXT, description: 'Its name in `rows`.' },
        share: {
          ...listOf(INTEGER),
          description:
            'Partitions of the journal that are its own now, where several collectors share its work. Its rows are of all of them.',
        },
        state: {
          type: 'object',
          required: ['kind'],
          properties: {
            kind: { enum: ['sending', 'failing'] },
            sinceUnixMs: NUMBER,
            failures: { ...NUMBER, description: 'Of the batch it tries to send.' },
            error: TEXT,
          },
        },
      },
    }),
    stores: listOf({
      type: 'object',
      required: ['name', 'bytes', 'tailItems'],
      properties: {
        name: TEXT,
        bytes: NUMBER,
        tailItems: NUMBER,
        oldestUnixNanos: TIME_NANOS,
        residentBytes: NUMBER,
      },
    }),
  }),
  Totals: { type: 'object', additionalProperties: NUMBER },
};

/** OpenAPI 3.1 of everything under `/api/plimsoll/v1`. */
export const OPENAPI: Json = {
  openapi: '3.1.0',
  info: { title: 'Plimsoll', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
  servers: [{ url: '/api/plimsoll/v1' }],
  paths: PATHS,
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer', description: 'Only where server.api_key is set.' },
    },
  },
};

/** Mounted at `/api/plimsoll`. */
export function openApiRoute(): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => void response.json(OPENAPI));
  return router;
}
