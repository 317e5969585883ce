/** One call to Jaeger's query API, and what its failures mean here. */
import { accessRefusal, tlsFailure } from '#base/access.ts';
import { CodedError, errorText } from '#base/errors.ts';
import type { Net, NetTls } from '#base/net.ts';

/** Of one answer: 100,000 spans of 600 bytes. */
const RESPONSE_BYTES_MAX = 64 * 2 ** 20;
const TEXT_CHARS_MAX = 300;
const CREDENTIALS = 'Authorization under headers';

export interface JaegerOptions {
  readonly net: Net;
  /** Where `/api` begins: `http://jaeger:16686`, or with a path before it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one request; a call may make several. */
  readonly timeoutMs: number;
  readonly tls: NetTls | undefined;
}

/**
 * - `found`: an answer with something in it, as bytes and as JSON;
 * - `nothing`: there is no such trace, or none that matches;
 * - `absent`: the server has no such call.
 */
export type JaegerAnswer =
  | { readonly kind: 'found'; readonly body: Uint8Array; readonly json: unknown }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'absent' };

export class JaegerApi {
  readonly #options: JaegerOptions;

  constructor(options: JaegerOptions) {
    this.#options = options;
  }

  /** @throws CodedError `PLIM_STORE_UNAVAILABLE`, `PLIM_QUERY_LIMIT`, `PLIM_PARAMETER`, AccessError; the signal's reason */
  async ask(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<JaegerAnswer> {
    const { net, url, headers, timeoutMs, tls } = this.#options;
    signal?.throwIfAborted();
    const query = new URLSearchParams(parameters).toString();
    const response = await net
      .request({
        method: 'GET',
        url: `${url.replace(/\/+$/, '')}${path}${query === '' ? '' : `?${query}`}`,
        headers,
        timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
        ...(signal === undefined ? {} : { signal }),
        ...(tls === undefined ? {} : { tls }),
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        const message = `${url} did not answer: ${errorText(error)}`;
        throw tlsFailure(error, url) ?? new CodedError('PLIM_STORE_UNAVAILABLE', message, { cause: error });
      });
    const { status, body } = response;
    const refused = accessRefusal({ who: url, status, text: textOf(body), keys: CREDENTIALS });
    if (refused !== undefined) throw refused;
    if (response.truncated) {
      throw new CodedError('PLIM_QUERY_LIMIT', `the answer has more than ${RESPONSE_BYTES_MAX} bytes`);
    }
    return verdictOf(status, body);
  }
}

/** A page of the user interface stands where there is no such call, with 200 or 404. */
function verdictOf(status: number, body: Uint8Array): JaegerAnswer {
  const json = parsed(body);
  if (status === 200) return json === undefined ? { kind: 'absent' } : { kind: 'found', body, json };
  if (status === 404 || status === 405) return { kind: json === undefined ? 'absent' : 'nothing' };
  const code = status === 400 ? 'PLIM_PARAMETER' : 'PLIM_STORE_UNAVAILABLE';
  throw new CodedError(code, `Jaeger answered ${status}: ${textOf(body)}`);
}

function textOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, TEXT_CHARS_MAX * 4));
  return text.slice(0, TEXT_CHARS_MAX).trim();
}

/** Undefined when it is no JSON object. */
function parsed(body: Uint8Array): unknown {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
