/** Of our own API: live events, the build, the demo's companions, and proofs. */
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
  type Json,
} from '#server/plimsoll/openapi-words.ts';

const FAULT_ID = inPath('id', 'Id of the fault.');
const PROOF_ID = inPath('id', 'Name of the folder of the proof.');
const AVAILABILITY: Json = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: ['available', 'unavailable'] }, reason: TEXT },
};
const ANYTHING: Json = { type: 'object' };

const LIVE: Json = {
  get: {
    summary:
      'Server-sent events: what a GET answers, at once and whenever it changes. slos is GET /slos, incidents GET /incidents?open=true&limit=100, pipeline GET /ledger, deliveries GET /deliveries?limit=50.',
    parameters: [query('topics', TEXT, 'Names of topics, separated by commas; all by default.')],
    responses: {
      200: {
        description:
          'Events named like their topic. An event trouble, {topic, code, message}, says that a topic cannot be asked right now; its next event follows once it can.',
        content: { 'text/event-stream': { schema: TEXT } },
      },
      default: { description: 'What went wrong.', content: { 'application/json': { schema: ref('Error') } } },
    },
  },
};

const START: Json = {
  required: true,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['fault', 'forMs'],
        properties: {
          fault: { ...TEXT, description: 'Name in the catalogue.' },
          target: { ...TEXT, description: 'May be left out where a fault has only one.' },
          forMs: {
            ...NUMBER,
            minimum: 1,
            maximum: 600_000,
            description: 'It ends by itself after so many milliseconds.',
          },
          parameters: { ...ANYTHING, description: 'As the catalogue lists them; the rest has defaults.' },
          sham: { ...BOOLEAN, description: 'Announced like any other, does nothing.' },
          alongside: { ...BOOLEAN, description: 'Begin it although another is on.' },
        },
      },
    },
  },
};

function removal(summary: string, schema: Json, parameters: readonly Json[] = []): Json {
  return { delete: { summary, parameters, responses: answers(summary, schema) } };
}

export const COMPANION_PATHS: Json = {
  '/live': LIVE,
  '/build': read('What runs here, and since when.', ref('Build')),
  '/companions': read(
    'What runs beside the platform: whether it can be asked through it, and where Grafana is.',
    record({
      chaos: BOOLEAN,
      pages: BOOLEAN,
      proofs: BOOLEAN,
      grafana: {
        ...nullable(TEXT),
        description: 'Base URL of a Grafana with the boards of this project, as browsers reach it.',
      },
    }),
  ),
  '/faults': {
    ...read(
      'Faults that are on, and those that are over, oldest first.',
      record({
        blocked: BOOLEAN,
        active: listOf(ref('Fault')),
        ended: listOf(ref('Fault')),
        limits: record({ leaseMs: NUMBER, renewEveryMs: NUMBER, forMsMax: NUMBER }),
      }),
    ),
    post: {
      summary: 'Begins a fault that ends by itself after a fixed time.',
      parameters: [],
      requestBody: START,
      responses: startAnswers(),
    },
    ...removal(
      'Ends all faults, and takes away what else changes the proxies.',
      record({ stopped: INTEGER }),
    ),
  },
  '/faults/catalogue': read(
    'Every fault there is, with its parameters, its targets, and whether this machine can do it.',
    record({ faults: listOf(ref('FaultKind')) }),
  ),
  '/faults/{id}': removal('Ends a fault; answered once it is taken back.', ref('Fault'), [FAULT_ID]),
  '/faults/{id}/renew': {
    post: {
      summary: 'Renews a lease that asks for it; one for a fixed time stays as it is.',
      parameters: [FAULT_ID],
      responses: answers('The fault.', ref('Fault')),
    },
  },
  '/pages': read(
    "What the demo's page receiver keeps, newest first.",
    record({ pages: listOf(ref('Page')) }),
    [
      query(
        'limit',
        { type: 'integer', minimum: 1, maximum: 500, default: 100 },
        'Most pages to answer with.',
      ),
    ],
  ),
  '/proofs': read(
    'Proofs, newest first, at most 50.',
    record({
      proofs: listOf(ref('Proof')),
      problems: listOf(record({ id: TEXT, message: TEXT })),
    }),
  ),
  '/proofs/{id}': read('The report of a proof, as plimsoll prove --json prints it.', ANYTHING, [PROOF_ID]),
  '/proofs/{id}/report.html': {
    get: {
      summary: 'The report of a proof as a page that needs nothing else.',
      parameters: [PROOF_ID],
      responses: {
        200: { description: 'The page.', content: { 'text/html': { schema: TEXT } } },
        default: {
          description: 'What went wrong.',
          content: { 'application/json': { schema: ref('Error') } },
        },
      },
    },
  },
};

function startAnswers(): Json {
  const { 200: good, ...others } = answers('The fault that is on.', ref('Fault'));
  return { 201: good, ...others };
}

export const COMPANION_SCHEMAS: Json = {
  Build: record({ version: TEXT, node: TEXT, startedAtMs: TIME_MS, uptimeMs: NUMBER }),
  Fault: {
    type: 'object',
    required: ['id', 'fault', 'target', 'claim', 'parameters', 'sham', 'startedMs', 'state', 'leaseMs'],
    properties: {
      id: TEXT,
      fault: TEXT,
      target: TEXT,
      claim: { ...TEXT, description: 'What no other fault on the same target may have meanwhile.' },
      parameters: ANYTHING,
      sham: BOOLEAN,
      startedMs: TIME_MS,
      endedMs: TIME_MS,
      endedBy: TEXT,
      state: { enum: ['on', 'over'] },
      leaseMs: { ...NUMBER, description: 'Left of its lease.' },
    },
  },
  FaultKind: record({
    name: TEXT,
    layer: TEXT,
    summary: TEXT,
    acts: { enum: ['proxy', 'process'] },
    parameters: listOf(
      record({
        name: TEXT,
        unit: TEXT,
        default: { type: ['string', 'number'] },
        expected: TEXT,
        doc: TEXT,
      }),
    ),
    availability: AVAILABILITY,
    targets: listOf(record({ name: TEXT, availability: AVAILABILITY })),
  }),
  Page: {
    type: 'object',
    required: ['receivedMs', 'alerts'],
    description: "Alertmanager's webhook payload, version 4, as it came, and when.",
    properties: { receivedMs: TIME_MS, alerts: listOf(ANYTHING) },
    additionalProperties: {},
  },
  Proof: record({
    id: TEXT,
    startedAt: { ...TEXT, format: 'date-time' },
    tookMs: NUMBER,
    commit: nullable(TEXT),
    passed: BOOLEAN,
    reasons: listOf(TEXT),
    score: ANYTHING,
    worlds: listOf(record({ kind: TEXT, divisor: NUMBER, requests: INTEGER, phases: INTEGER })),
  }),
};
