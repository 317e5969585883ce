/** How every answer of the Elasticsearch API leaves: its headers, its errors. */
import type { Request, RequestHandler, Response } from 'express';
import { CodedError, type ErrorCode } from '#base/errors.ts';
import { asCoded, statusOf } from '#server/http/errors.ts';
import { ElasticError, elasticErrorBody, type ElasticErrorType } from '#server/elasticsearch/core/errors.ts';
import { jsonText } from '#server/elasticsearch/core/json-text.ts';
import { answerType } from '#server/elasticsearch/media-types.ts';

/** Clients refuse to talk to a server whose answers lack it. */
export const PRODUCT_HEADER = { 'X-Elastic-Product': 'Elasticsearch' } as const;

const TYPES: Partial<Record<ErrorCode, readonly [status: number, type: ElasticErrorType]>> = {
  PLIM_PARAMETER: [400, 'illegal_argument_exception'],
  PLIM_BODY_MALFORMED: [400, 'x_content_parse_exception'],
  PLIM_BODY_TOO_LARGE: [413, 'content_too_long_exception'],
  PLIM_MEDIA_TYPE: [406, 'media_type_header_exception'],
  PLIM_NOT_FOUND: [404, 'resource_not_found_exception'],
  PLIM_QUERY_LIMIT: [400, 'too_many_buckets_exception'],
  PLIM_QUERY_TIMEOUT: [503, 'timeout_exception'],
  PLIM_OVERLOADED: [429, 'es_rejected_execution_exception'],
  PLIM_JOURNAL_FULL: [429, 'es_rejected_execution_exception'],
};

/** What any error is told as; of a bug of ours nothing is told. */
export function asElastic(error: unknown): ElasticError {
  if (error instanceof ElasticError) return error;
  const known = asCoded(error);
  if (!(known instanceof CodedError)) {
    return new ElasticError(500, 'status_exception', 'an internal error', {
      code: 'PLIM_INTERNAL',
    });
  }
  const [status, type] = TYPES[known.code] ?? [statusOf(known), 'status_exception'];
  return new ElasticError(status, type, known.message, { code: known.code });
}

export function sendElastic(request: Request, response: Response, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.status(status).set({ ...PRODUCT_HEADER, 'Content-Type': answerTypeOr(request) });
  response.end(request.method === 'HEAD' ? undefined : jsonText(body));
}

function answerTypeOr(request: Request): string {
  try {
    return answerType(request.headers.accept);
  } catch {
    return 'application/json';
  }
}

export function sendElasticError(request: Request, response: Response, error: unknown): void {
  const elastic = asElastic(error);
  if (elastic.status === 429 || elastic.status === 503) response.set('Retry-After', '1');
  sendElastic(request, response, elastic.status, elasticErrorBody(elastic));
}

/** A route that answers with what `work` gives; a caller that leaves aborts it. */
export function answer(work: (request: Request, signal: AbortSignal) => Promise<unknown>): RequestHandler {
  return async (request, response) => {
    const abort = new AbortController();
    response.once('close', () => abort.abort(new Error('the caller has gone')));
    try {
      answerType(request.headers.accept);
      sendElastic(request, response, 200, await work(request, abort.signal));
    } catch (error) {
      sendElasticError(request, response, error);
    }
  };
}
