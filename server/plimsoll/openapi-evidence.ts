/** The evidence kept with incidents, described. */
import {
  inPath,
  INTEGER,
  listOf,
  nullable,
  NUMBER,
  read,
  record,
  ref,
  TEXT,
  TIME_MS,
  type Json,
} from '#server/plimsoll/openapi-words.ts';

export const EVIDENCE_PATHS: Json = {
  '/incidents/{id}/evidence': read(
    'What the stores told of the time around the start when the incident began; answers the same when they have forgotten.',
    ref('KeptEvidence'),
    [inPath('id', 'Id of the incident.')],
  ),
};

function part(value: Json): Json {
  return record({
    state: ref('KeptPartState'),
    reason: {
      ...nullable(TEXT),
      description: 'Why there is nothing, or nothing yet; null when kept and before the first try.',
    },
    asOfMs: { ...nullable(TIME_MS), description: 'When the store was asked.' },
    startMs: { ...nullable(TIME_MS), description: 'Begin of the time it was asked about.' },
    endMs: { ...nullable(TIME_MS), description: 'End of the time it was asked about.' },
    value: nullable(value),
  });
}

export const EVIDENCE_SCHEMAS: Json = {
  KeptPartState: { enum: ['pending', 'kept', 'not-kept'] },
  KeptEvidence: record({
    logs: part(
      record({
        baselineStartMs: { ...TIME_MS, description: 'Compared with the time from here to startMs.' },
        scanned: INTEGER,
        baselineScanned: INTEGER,
        changed: {
          ...INTEGER,
          description: 'Patterns that were new or at least three times as many; the first 12 are listed.',
        },
        patterns: listOf(ref('KeptPattern')),
      }),
    ),
    changes: part(listOf(ref('KeptChange'))),
    traces: part(listOf(ref('KeptTrace'))),
  }),
  KeptPattern: record({
    pattern: TEXT,
    service: TEXT,
    severity: TEXT,
    count: INTEGER,
    baselineCount: INTEGER,
    firstMs: TIME_MS,
    lastMs: TIME_MS,
    example: TEXT,
  }),
  KeptChange: record({
    kind: { enum: ['start', 'restart', 'operation', 'version', 'silent'] },
    atMs: TIME_MS,
    service: TEXT,
    detail: { ...TEXT, description: 'Name of the operation or the version.' },
  }),
  KeptTrace: record({
    traceId: TEXT,
    rootService: TEXT,
    rootOperation: TEXT,
    startMs: NUMBER,
    durationMs: NUMBER,
    spans: INTEGER,
    failedSpans: INTEGER,
    failedServices: listOf(TEXT),
  }),
};
