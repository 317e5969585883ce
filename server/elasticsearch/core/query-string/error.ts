import { ElasticError } from '#server/elasticsearch/core/errors.ts';

/** A text that is no query of Lucene's syntax, or uses a part of it that is not offered. */
export function queryStringError(text: string, reason: string): ElasticError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new ElasticError(
    400,
    'query_shard_exception',
    `[query_string] Failed to parse query [${shown}]: ${reason}`,
  );
}
