/** Bodies of requests: JSON, or lines of it. */
import express, { type Request, type RequestHandler } from 'express';
import { parseJson } from '#signals/json.ts';
import { ElasticError } from '#server/elasticsearch/core/errors.ts';
import { isObject, type JsonObject } from '#server/elasticsearch/core/read.ts';
import { checkBodyType } from '#server/elasticsearch/media-types.ts';

/** A search is text of people and panels; the longest lists of ids fit. */
const SEARCH_BYTES_MAX = 4 * 2 ** 20;

/** Whatever type it says it has: {@link bodyText} looks at that. */
export function textBody(bytesMax = SEARCH_BYTES_MAX): RequestHandler {
  return express.text({ type: () => true, limit: bytesMax, defaultCharset: 'utf-8' });
}

/** Empty when there is no body. @throws ElasticError for a media type that is not understood */
export function bodyText(request: Request): string {
  const { body } = request as { readonly body?: unknown };
  if (typeof body !== 'string' || body.trim() === '') return '';
  checkBodyType(request.headers['content-type']);
  return body;
}

/** @throws ElasticError `x_content_parse_exception` */
export function jsonObject(text: string): JsonObject {
  const value = text.trim() === '' ? {} : parsed(text);
  if (isObject(value)) return value;
  throw new ElasticError(400, 'x_content_parse_exception', 'the body is no JSON object');
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new ElasticError(
      400,
      'x_content_parse_exception',
      error instanceof Error ? error.message : 'the body is no JSON',
    );
  }
}
