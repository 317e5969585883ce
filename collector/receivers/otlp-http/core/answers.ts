/** What OTLP asks of a head, and what its requests are answered with. Pure. */
import type { Random } from '#base/random.ts';
import { answer, refusalHeaders, retrySeconds, type Answer } from '#collector/receivers/http/core/answers.ts';
import { mediaType, type HeadRules, type Refusal } from '#collector/receivers/http/core/head.ts';
import {
  CONTENT_TYPES,
  exportResponse,
  statusBody,
  type OtlpEncoding,
  type OtlpSignal,
} from '#signals/otlp/response.ts';

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

const MEDIA_TYPES: ReadonlyMap<string, OtlpEncoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

/** The paths and media types of OTLP, for the judgement of a head. */
export function otlpRules(
  paths: ReadonlyMap<string, OtlpSignal>,
  bodyBytesMax: number,
): HeadRules<OtlpSignal, OtlpEncoding> {
  return { paths, mediaTypes: MEDIA_TYPES, bodyBytesMax };
}

/** The encoding to answer in: that of the request, JSON where it named none we know. */
export function encodingOf(contentType: string | undefined): OtlpEncoding {
  return MEDIA_TYPES.get(mediaType(contentType)) ?? 'json';
}

export interface Accepted {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly rejected: number;
  readonly message: string;
}

export function acceptedAnswer({ signal, encoding, rejected, message }: Accepted): Answer {
  const body = exportResponse(signal, encoding, rejected, message);
  return answer(200, CONTENT_TYPES[encoding], body);
}

/** Every refusal carries a `google.rpc.Status` in the encoding of the request. */
export function refusalAnswer(refusal: Refusal, encoding: OtlpEncoding, random: Random): Answer {
  const { status } = refusal;
  const retry = retrySeconds(status, random);
  const body = statusBody(
    {
      code: RPC_CODES[status],
      message: `${refusal.code}: ${refusal.message}`,
      ...(retry === undefined ? {} : { retryAfterSeconds: retry }),
      ...(status === 400 ? { violation: { field: 'body', description: refusal.message } } : {}),
    },
    encoding,
  );
  return answer(status, CONTENT_TYPES[encoding], body, refusalHeaders(status, retry));
}
