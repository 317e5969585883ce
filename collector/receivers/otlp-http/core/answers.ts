/** What a request is answered with, as data: status, headers, body. Pure. */
import { isCoded, type ErrorCode } from '#base/errors.ts';
import type { Random } from '#base/random.ts';
import { retryAfterSeconds } from '#collector/receivers/otlp-http/core/admission.ts';
import type { Refusal } from '#collector/receivers/otlp-http/core/head.ts';
import {
  CONTENT_TYPES,
  exportResponse,
  statusBody,
  type OtlpEncoding,
  type OtlpSignal,
} from '#signals/otlp/response.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** gRPC codes by HTTP status; informative, OTLP forbids to interpret them. */
const RPC_CODES: Readonly<Record<Refusal['status'], number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  417: 3,
  429: 8,
  431: 8,
  500: 13,
  503: 14,
};

/** Seconds before a refused sender may come again: short for a peak, longer where a consumer must catch up. */
const RETRY_BASE_SECONDS = { 503: 1, 429: 2 } as const;

export interface Accepted {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly rejected: number;
  readonly message: string;
}

export function acceptedAnswer({ signal, encoding, rejected, message }: Accepted): Answer {
  return answer(200, encoding, exportResponse(signal, encoding, rejected, message));
}

/** Every refusal carries a `google.rpc.Status` in the encoding of the request. */
export function refusalAnswer(refusal: Refusal, encoding: OtlpEncoding, random: Random): Answer {
  const { status } = refusal;
  const message = `${refusal.code}: ${refusal.message}`;
  const retry =
    status === 503 || status === 429
      ? retryAfterSeconds(RETRY_BASE_SECONDS[status], (bound) => random.below(bound))
      : undefined;
  const body = statusBody(
    {
      code: RPC_CODES[status],
      message,
      ...(retry === undefined ? {} : { retryAfterSeconds: retry }),
      ...(status === 400 ? { violation: { field: 'body', description: refusal.message } } : {}),
    },
    encoding,
  );
  const extra: Record<string, string> = {};
  if (retry !== undefined) extra['retry-after'] = String(retry);
  if (status === 405) extra['allow'] = 'POST';
  if (status === 401) extra['www-authenticate'] = 'Bearer';
  return answer(status, encoding, body, extra);
}

function answer(
  status: number,
  encoding: OtlpEncoding,
  body: Uint8Array,
  extra: Readonly<Record<string, string>> = {},
): Answer {
  const headers = {
    'content-type': CONTENT_TYPES[encoding],
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    ...extra,
  };
  return { status, headers, body };
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
