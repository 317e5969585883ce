/** Requests of an exporter over HTTP: what no answer, and an answer that asks to wait, mean. */
import { accessRefusal, tlsFailure } from '#base/access.ts';
import type { Clock } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import type { Net, NetResponse, NetTls } from '#base/net.ts';
import type { CommonConfig } from '#collector/exporters/config.ts';
import { retryAfterMs } from '#base/http-retry.ts';
import { ExportError } from '#collector/exporters/ports.ts';

/** OTLP's recommendation for a response; ours are answered in a few bytes. */
const RESPONSE_BYTES_MAX = 4 * 2 ** 20;
/** Of an error's text: what a dead letter keeps of it. */
const TEXT_CHARS_MAX = 500;
/** Codes of connections that never came to be: nothing of the request was read. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What destinations, and proxies before them, answer when a request takes too long. */
const TOO_SLOW: ReadonlySet<number> = new Set([408, 504]);

/** Where exporters over HTTP say who we are. */
const CREDENTIALS = 'Authorization under headers';

export interface DestinationOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly common: Pick<CommonConfig, 'timeoutMs' | 'headers'>;
  readonly tls: NetTls | undefined;
}

/** No answer came. */
export class UnansweredError extends ExportError {
  /** Whether the destination may have read the request all the same. */
  readonly mayBeTaken: boolean;

  constructor(
    message: string,
    options: { readonly cause: unknown; readonly mayBeTaken: boolean; readonly isTooSlow: boolean },
  ) {
    super(message, options);
    this.mayBeTaken = options.mayBeTaken;
  }
}

export interface Posting {
  readonly url: string;
  /** In lower case; those of the configuration win. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export class Destination {
  readonly #options: DestinationOptions;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: DestinationOptions) {
    this.#options = options;
    const entries = Object.entries(options.common.headers);
    this.#headers = Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
  }

  /** @throws {@link UnansweredError}; ExportError when the destination does not take who we are */
  async post({ url, headers, body, signal }: Posting): Promise<NetResponse> {
    const { net, common, tls } = this.#options;
    const response = await net
      .request({
        method: 'POST',
        url,
        headers: { 'user-agent': 'plimsoll', ...headers, ...this.#headers },
        body,
        timeoutMs: common.timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
        signal,
        ...(tls === undefined ? {} : { tls }),
      })
      .catch((error: unknown) => {
        throw unanswered(url, error);
      });
    const { status } = response;
    const refused = accessRefusal({ who: url, status, text: answerText(response), keys: CREDENTIALS });
    if (refused !== undefined) throw new ExportError(refused.line, { cause: refused });
    return response;
  }

  /** What an answer means that is not about the data: the destination may take it later. */
  laterError(url: string, response: NetResponse): ExportError {
    const waitMs = retryAfterMs(response.headers, this.#options.clock.wallMs());
    const message = `${url} answered ${response.status}: ${answerText(response)}`;
    return new ExportError(message, { retryAfterMs: waitMs, isTooSlow: isTooSlow(response) });
  }
}

function unanswered(url: string, error: unknown): UnansweredError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const tls = tlsFailure(error, url);
  return new UnansweredError(tls?.line ?? `${url} did not answer: ${errorText(error)}`, {
    cause: tls ?? error,
    mayBeTaken: tls === undefined && !NEVER_SENT.has(code),
    isTooSlow: code === 'ETIMEDOUT',
  });
}

/** Whether an answer says that the request took too long: a smaller one may not. */
export function isTooSlow({ status }: Pick<NetResponse, 'status'>): boolean {
  return TOO_SLOW.has(status);
}

/** The text of an answer, cut; control characters are blanks. */
export function answerText({ body }: Pick<NetResponse, 'body'>): string {
  const text = new TextDecoder().decode(body.subarray(0, TEXT_CHARS_MAX * 4));
  // oxlint-disable-next-line no-control-regex -- what other programs answer may hold anything
  const plain = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return plain.slice(0, TEXT_CHARS_MAX);
}
