/** Errors as Elasticsearch tells them: a type, a reason, a status. */

export type ElasticErrorType =
  | 'parsing_exception'
  | 'x_content_parse_exception'
  | 'illegal_argument_exception'
  | 'query_shard_exception'
  | 'script_exception'
  | 'too_many_buckets_exception'
  | 'index_not_found_exception'
  | 'action_request_validation_exception'
  | 'media_type_header_exception'
  | 'resource_not_found_exception'
  | 'security_exception'
  | 'content_too_long_exception'
  | 'es_rejected_execution_exception'
  | 'timeout_exception'
  | 'status_exception';

export class ElasticError extends Error {
  override readonly name = 'ElasticError';
  readonly status: number;
  readonly type: ElasticErrorType;
  /** More members of the error's object. */
  readonly more: Readonly<Record<string, string>>;

  constructor(
    status: number,
    type: ElasticErrorType,
    reason: string,
    more: Readonly<Record<string, string>> = {},
  ) {
    super(reason);
    this.status = status;
    this.type = type;
    this.more = more;
  }
}

/** A request that is not understood, or asks for what is not offered; the reason names the clause. */
export function parsing(reason: string): ElasticError {
  return new ElasticError(400, 'parsing_exception', reason);
}

export function illegal(reason: string): ElasticError {
  return new ElasticError(400, 'illegal_argument_exception', reason);
}

/** A request whose parts do not fit together. */
export function invalidRequest(reason: string): ElasticError {
  return new ElasticError(400, 'action_request_validation_exception', `Validation Failed: 1: ${reason};`);
}

export function noSuchIndex(name: string): ElasticError {
  return new ElasticError(404, 'index_not_found_exception', `no such index [${name}]`, {
    'resource.type': 'index_or_alias',
    'resource.id': name,
    index: name,
  });
}

/** The body of an answer with an error. */
export function elasticErrorBody({ type, message, more, status }: ElasticError) {
  const cause = { type, reason: message, ...more };
  return { error: { root_cause: [cause], ...cause }, status };
}
