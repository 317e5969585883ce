/**
 * Outgoing HTTP as an argument: what the notifier, exporters and probes use.
 * Redirects are never followed; a response over the limit is cut and reported.
 */

export interface NetRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** From the call to the last byte of the response. */
  readonly timeoutMs: number;
  /** Response bytes kept; the rest is dropped and `truncated` set. */
  readonly responseBytesMax: number;
  readonly signal?: AbortSignal;
}

export interface NetResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly truncated: boolean;
}

export interface Net {
  /** Resolves with any HTTP status; rejects only when no response came. */
  request(request: NetRequest): Promise<NetResponse>;
}
