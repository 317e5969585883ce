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
  /** Only for https; connections are shared by requests with the same object. */
  readonly tls?: NetTls;
}

/** What differs from the system's way to trust; PEM texts. */
export interface NetTls {
  /** Authorities in place of the system's. */
  readonly ca?: string;
  /** Our own certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name the certificate must bear, when it is not the one in the address. */
  readonly serverName?: string;
  /** Any certificate passes. */
  readonly skipsVerify?: boolean;
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
