/** What an error of Elasticsearch says, in one line. */

export interface Cause {
  readonly type?: unknown;
  readonly reason?: unknown;
  readonly caused_by?: Cause;
}

/** The innermost cause is the one that helps; outer ones say where. */
const CAUSES_MAX = 5;
const CHARS_MAX = 500;

/** `400 illegal_argument_exception: …` */
export function refusal({ status, body }: { readonly status: number; readonly body: unknown }): string {
  const error = (body as { error?: unknown } | null)?.error;
  if (typeof error !== 'object' || error === null)
    return `${status} ${typeof error === 'string' ? error : textOf(body)}`.trim().slice(0, CHARS_MAX);
  return `${status} ${causeText(error as Cause)}`;
}

const SECURITY_TYPE = 'security_exception';

/** Whether an answer is about who we are; 403 is also told of an index that is read-only. */
export function isSecurityRefusal({
  status,
  body,
}: {
  readonly status: number;
  readonly body: unknown;
}): boolean {
  if (status === 401 || status === 407) return true;
  const error = (body as { error?: { type?: unknown } | null } | null)?.error;
  return status === 403 && (typeof error !== 'object' || error?.type === SECURITY_TYPE);
}

/** Why an API key is none, which Elasticsearch tells beside the reason: ` (API key: api key is expired)`. */
export function moreReasons({ body }: { readonly body: unknown }): string {
  const error = (body as { error?: { additional_unsuccessful_credentials?: unknown } | null } | null)?.error;
  const more = error?.additional_unsuccessful_credentials;
  return typeof more === 'string' ? ` (${more.slice(0, CHARS_MAX)})` : '';
}

/** The same of one item of a bulk request, by what {@link causeText} made of its error. */
export function isSecurityText(said: string): boolean {
  return new RegExp(`^40[13] ${SECURITY_TYPE}:`).test(said);
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
}

/** `type: reason`, and the innermost cause when there is one. */
export function causeText(cause: Cause): string {
  let inner = cause;
  for (let depth = 0; depth < CAUSES_MAX && inner.caused_by !== undefined; depth += 1)
    inner = inner.caused_by;
  const text = (one: Cause): string => `${String(one.type)}: ${String(one.reason)}`;
  return (inner === cause ? text(cause) : `${text(cause)} (${text(inner)})`).slice(0, CHARS_MAX);
}
