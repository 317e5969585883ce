/** Errors of our own API: `{"code", "message"}` with the status the code stands for. */
import type { RequestHandler, Response } from 'express';
import { CodedError, type ErrorCode } from '#base/errors.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  PLIM_PARAMETER: 400,
  PLIM_BODY_MALFORMED: 400,
  PLIM_SILENCE_INVALID: 400,
  PLIM_PROMQL: 400,
  PLIM_KEY_REQUIRED: 401,
  PLIM_HOST_REFUSED: 403,
  PLIM_ORIGIN_REFUSED: 403,
  PLIM_TARGET_REFUSED: 403,
  PLIM_NOT_FOUND: 404,
  PLIM_METHOD: 405,
  PLIM_TIMELINE_FULL: 409,
  PLIM_FAULT_REFUSED: 409,
  PLIM_BODY_TOO_LARGE: 413,
  PLIM_MEDIA_TYPE: 415,
  PLIM_QUERY_LIMIT: 422,
  PLIM_FAULT_UNAVAILABLE: 422,
  PLIM_JOURNAL_FULL: 429,
  PLIM_COMPANION_UNREACHABLE: 502,
  PLIM_CREDENTIALS_REFUSED: 502,
  PLIM_TLS_FAILED: 502,
  PLIM_DEMO_FILE: 503,
  PLIM_OVERLOADED: 503,
  PLIM_QUERY_TIMEOUT: 503,
  PLIM_STORE_UNAVAILABLE: 503,
};

/** HTTP status of an error; 500 for what is not in the catalogue. */
export function statusOf(error: unknown): number {
  return error instanceof CodedError ? (STATUS[error.code] ?? 500) : 500;
}

/** Answers with an error. */
export function sendError(response: Response, error: unknown): void {
  const status = statusOf(error);
  if (status === 503) response.set('Retry-After', '1');
  response.status(status).json(errorBody(error));
}

/** An error as it is shown; of what is not in the catalogue nothing is shown outside. */
export function errorBody(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  const shown =
    error instanceof CodedError
      ? error
      : new CodedError('PLIM_INTERNAL', 'an internal error; the log has it');
  return { code: shown.code, message: shown.message };
}

/** For what no route has taken, in our own shape. */
export const notFound: RequestHandler = (request, response) => {
  sendError(
    response,
    new CodedError(
      'PLIM_NOT_FOUND',
      `there is nothing under ${request.baseUrl}${request.path}; our own API is described at /api/plimsoll/openapi.json`,
    ),
  );
};

/** Express and its body parser throw errors with a status of their own; anything else is left as it is. */
export function asCoded(error: unknown): unknown {
  if (error instanceof CodedError || !(error instanceof Error) || !('status' in error)) return error;
  switch (error.status) {
    case 413:
      return new CodedError('PLIM_BODY_TOO_LARGE', error.message);
    case 415:
      return new CodedError('PLIM_MEDIA_TYPE', error.message);
    case 400:
      return new CodedError(
        'PLIM_BODY_MALFORMED',
        isJsonError(error) ? `the body is not valid JSON: ${error.message}` : error.message,
      );
    default:
      return error;
  }
}

/** As the body parser marks them. */
function isJsonError(error: Error): boolean {
  return 'type' in error && error.type === 'entity.parse.failed';
}
