/** What a request is answered with, as data: status, headers, body. Pure. */
import { isCoded, type ErrorCode } from '#base/errors.ts';
import type { Random } from '#base/random.ts';
import { retryAfterSeconds } from '#collector/receivers/http/core/admission.ts';
import type { Refusal } from '#collector/receivers/http/core/head.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Seconds before a refused sender may come again: short for a peak, longer where a consumer must catch up. */
const RETRY_BASE_SECONDS = { 503: 1, 429: 2 } as const;

export function answer(
  status: number,
  contentType: string,
  body: Uint8Array,
  extra: Readonly<Record<string, string>> = {},
): Answer {
  const headers = {
    'content-type': contentType,
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    ...extra,
  };
  return { status, headers, body };
}

/** For `Retry-After`; undefined where coming again does not help. */
export function retrySeconds(status: Refusal['status'], random: Random): number | undefined {
  if (status !== 503 && status !== 429) return undefined;
  return retryAfterSeconds(RETRY_BASE_SECONDS[status], (bound) => random.below(bound));
}

/** What HTTP asks of a refusal beside its body. */
export function refusalHeaders(
  status: Refusal['status'],
  retry: number | undefined,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (retry !== undefined) headers['retry-after'] = String(retry);
  if (status === 405) headers['allow'] = 'POST';
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return headers;
}

/** A refusal as one line of plain text, for protocols that have no form of their own. */
export function plainRefusal(refusal: Refusal, random: Random): Answer {
  const { status, code, message } = refusal;
  const body = new TextEncoder().encode(`${code}: ${message}\n`);
  return answer(
    status,
    'text/plain; charset=utf-8',
    body,
    refusalHeaders(status, retrySeconds(status, random)),
  );
}

/** HTTP status by error code; other codes are 503 when a retry can help, else a bug. */
const STATUSES: Readonly<Partial<Record<ErrorCode, Refusal['status']>>> = {
  PLIM_BODY_MALFORMED: 400,
  PLIM_BODY_TOO_LARGE: 413,
  PLIM_JOURNAL_FULL: 429,
  PLIM_KEY_REQUIRED: 401,
  PLIM_HOST_REFUSED: 403,
  PLIM_ORIGIN_REFUSED: 403,
};

/** The refusal an error of access, decoding or the journal stands for; undefined for a bug of ours. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!isCoded(error)) return undefined;
  const { code, message } = error;
  const status = STATUSES[code] ?? (error.canRetry ? 503 : undefined);
  return status === undefined ? undefined : { status, code, message };
}

/** What a client is told of a bug of ours; the log has the rest. */
export const BUG: Refusal = {
  status: 500,
  code: 'PLIM_INTERNAL',
  message: 'the request met a bug of ours; the log has it',
};
