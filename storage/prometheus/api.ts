/** One call to Prometheus' HTTP API: limits on it, and what its failures mean here. */
import { accessRefusal, tlsFailure } from '#base/access.ts';
import { CodedError, errorText, type ErrorCode } from '#base/errors.ts';
import type { NetResponse } from '#base/net.ts';
import type { PrometheusReaderOptions } from '#storage/prometheus/config.ts';

/** Of one response, compressed or not: what a thread can parse in about a second. */
export const RESPONSE_BYTES_MAX = 64 * 2 ** 20;
const TEXT_CHARS_MAX = 300;
const CREDENTIALS = 'Authorization under headers';

/** The server has more to say than it may, or we would hold. */
export class TooLargeError extends CodedError {
  constructor(message: string) {
    super('PLIM_QUERY_LIMIT', message);
  }
}

/** Its words for a query that needs too much memory. */
const TOO_LARGE = /too many samples|sample limit|maxSamplesPerQuery|maxPointsPerTimeseries|search\.max/i;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'PLIM_PARAMETER',
  422: 'PLIM_PROMQL_EXECUTION',
  429: 'PLIM_OVERLOADED',
};

export interface Call {
  /** After `/api/v1`. */
  readonly path: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with POST; GET without it. */
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export class PrometheusApi {
  readonly #options: PrometheusReaderOptions;

  constructor(options: PrometheusReaderOptions) {
    this.#options = options;
  }

  /**
   * `data` of the answer, not looked into.
   *
   * @throws CodedError `PLIM_STORE_UNAVAILABLE`, `PLIM_QUERY_LIMIT` (as {@link TooLargeError}),
   *   `PLIM_QUERY_TIMEOUT`, `PLIM_PARAMETER`, `PLIM_PROMQL_EXECUTION`, `PLIM_OVERLOADED`; the signal's reason
   */
  async ask(
    path: string,
    parameters: readonly (readonly [string, string])[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    const form = new URLSearchParams(
      parameters.map(([name, value]): [string, string] => [name, value]),
    ).toString();
    const isForm = !path.startsWith('/label/') && path !== '/metadata';
    const response = await this.send({
      path: isForm ? path : `${path}?${form}`,
      ...(isForm
        ? { body: new TextEncoder().encode(form), contentType: 'application/x-www-form-urlencoded' }
        : {}),
      signal,
    });
    if (response.status !== 200) throw failureOf(response);
    return dataOf(response);
  }

  /**
   * Any answer that came whole.
   *
   * @throws CodedError `PLIM_STORE_UNAVAILABLE`, TooLargeError, AccessError; the signal's reason
   */
  async send({ path, contentType, headers, body, signal }: Call): Promise<NetResponse> {
    const { net, url, timeoutMs, tls } = this.#options;
    const response = await net
      .request({
        method: body === undefined ? 'GET' : 'POST',
        url: `${url.replace(/\/+$/, '')}/api/v1${path}`,
        headers: {
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...headers,
          ...this.#options.headers,
        },
        timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
        ...(tls === undefined ? {} : { tls }),
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        const message = `${url} did not answer: ${errorText(error)}`;
        throw tlsFailure(error, url) ?? new CodedError('PLIM_STORE_UNAVAILABLE', message, { cause: error });
      });
    const { status } = response;
    const refused = accessRefusal({ who: url, status, text: textOf(response), keys: CREDENTIALS });
    if (refused !== undefined) throw refused;
    if (response.truncated) {
      throw new TooLargeError(`the answer of ${url} has more than ${RESPONSE_BYTES_MAX} bytes`);
    }
    return response;
  }
}

function dataOf({ body }: NetResponse): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new CodedError('PLIM_STORE_UNAVAILABLE', 'the answer of the server is not JSON', { cause: error });
  }
  if (typeof answer === 'object' && answer !== null && 'data' in answer) return answer.data;
  throw new CodedError('PLIM_STORE_UNAVAILABLE', 'the answer of the server has no data');
}

/** What a status other than 200 means. */
export function failureOf(response: NetResponse): CodedError {
  const text = textOf(response);
  const message = `the server answered ${response.status}: ${text}`;
  if (response.status >= 400 && response.status < 500 && TOO_LARGE.test(text)) {
    return new TooLargeError(message);
  }
  if (response.status === 503 && /timeout|timed out/i.test(text)) {
    return new CodedError('PLIM_QUERY_TIMEOUT', message);
  }
  return new CodedError(CODES[response.status] ?? 'PLIM_STORE_UNAVAILABLE', message);
}

function textOf({ body }: NetResponse): string {
  const text = new TextDecoder().decode(body.subarray(0, TEXT_CHARS_MAX * 8));
  const error = /"error":\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  const plain = error === undefined ? text : (JSON.parse(error) as string);
  return plain.trim().slice(0, TEXT_CHARS_MAX);
}
