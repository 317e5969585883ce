/** Answers in the shape of Prometheus' HTTP API. */
import { CodedError, type ErrorCode } from '#base/errors.ts';
import { QueryAborted } from '#promql/engine/budget.ts';

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: Uint8Array;
}

interface Failure {
  readonly status: number;
  readonly errorType: string;
}

const BAD_DATA: Failure = { status: 400, errorType: 'bad_data' };
/**
 * Also what is "not supported yet": clients show the text of a 422 as the
 * query's error, while a 400 to a POST makes Grafana ask again by GET.
 */
const EXECUTION: Failure = { status: 422, errorType: 'execution' };
const UNAVAILABLE: Failure = { status: 503, errorType: 'unavailable' };

const FAILURES: Partial<Record<ErrorCode, Failure>> = {
  PLIM_PARAMETER: BAD_DATA,
  PLIM_PROMQL: BAD_DATA,
  PLIM_BODY_MALFORMED: BAD_DATA,
  PLIM_BODY_TOO_LARGE: { ...BAD_DATA, status: 413 },
  PLIM_MEDIA_TYPE: { ...BAD_DATA, status: 415 },
  PLIM_METHOD: { ...BAD_DATA, status: 405 },
  PLIM_NOT_FOUND: { status: 404, errorType: 'not_found' },
  PLIM_PROMQL_UNSUPPORTED: EXECUTION,
  PLIM_PROMQL_EXECUTION: EXECUTION,
  PLIM_QUERY_LIMIT: EXECUTION,
  PLIM_QUERY_TIMEOUT: { status: 503, errorType: 'timeout' },
  PLIM_STORE_UNAVAILABLE: UNAVAILABLE,
  PLIM_CREDENTIALS_REFUSED: { ...UNAVAILABLE, status: 502 },
  PLIM_TLS_FAILED: { ...UNAVAILABLE, status: 502 },
  PLIM_OVERLOADED: UNAVAILABLE,
};

/** What an error is to the client; undefined for what must not be shown outside. */
function failureOf(error: unknown): Failure | undefined {
  // The client is gone; nobody reads it, but the log of a proxy between may.
  if (error instanceof QueryAborted) return { status: 499, errorType: 'canceled' };
  return error instanceof CodedError ? FAILURES[error.code] : undefined;
}

/** Whether the catalogue knows the error; what it does not is a bug of ours and worth a log line. */
export function isExpected(error: unknown): boolean {
  return failureOf(error) !== undefined;
}

/** The answer to a request that failed. */
export function errorAnswer(error: unknown): Answer {
  const failure = failureOf(error);
  const { status, errorType } = failure ?? { status: 500, errorType: 'internal' };
  const shown =
    failure === undefined || !(error instanceof Error) ? 'an internal error; the log has it' : error.message;
  return jsonAnswer({ status: 'error', errorType, error: shown }, status);
}

/** Notes beside the data; empty lists are left out. */
export interface Notes {
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** A successful answer with small data. */
export function dataAnswer(data: unknown, notes: Notes = {}): Answer {
  const { warnings = [], infos = [] } = notes;
  return jsonAnswer({
    status: 'success',
    data,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  });
}

function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, body: new TextEncoder().encode(JSON.stringify(value)) };
}
