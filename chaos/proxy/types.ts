/** What a proxy is seen from outside: definitions, views, and the errors of the API. */
import type { Attributes } from '#chaos/proxy/core/toxics/toxic.ts';

export type Direction = 'upstream' | 'downstream';

/** `tcp` leaves bytes alone for good; `http` follows HTTP/1.x, so that HTTP faults can act. */
export type Protocol = 'http' | 'tcp';

export interface ProxyDefinition {
  readonly name: string;
  /** `HOST:PORT`; port 0 takes a free one, an empty text stands for `127.0.0.1:0`. */
  readonly listen: string;
  /** `HOST:PORT` */
  readonly upstream: string;
  /** Default true. */
  readonly enabled?: boolean;
  /** Default `http`. */
  readonly protocol?: Protocol;
}

/** What a change names is set, the rest stays. */
export interface ProxyChange {
  readonly listen?: string;
  readonly upstream?: string;
  readonly enabled?: boolean;
}

export interface ToxicDefinition {
  /** Default `TYPE_STREAM`. */
  readonly name?: string;
  readonly type: string;
  /** `upstream` or `downstream` in any case; default `downstream`. */
  readonly stream?: string;
  /** 0 … 1, the share of connections it acts on; default 1. */
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface ToxicChange {
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Keys in the order of upstream's JSON. */
export interface ToxicView {
  readonly attributes: Attributes;
  readonly name: string;
  readonly type: string;
  readonly stream: string;
  readonly toxicity: number;
}

export interface ProxyView {
  readonly name: string;
  /** With the port that was really taken. */
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  /** Only where it is not the default. */
  readonly protocol?: Protocol;
  readonly toxics: readonly ToxicView[];
}

/** An error of the Toxiproxy API: its text and its HTTP status. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** `populate` stopped at an error; these had been dealt with before. */
export class PopulateError extends ProxyError {
  readonly done: readonly ProxyView[];

  constructor(cause: ProxyError, done: readonly ProxyView[]) {
    super(cause.status, cause.message);
    this.done = done;
  }
}
