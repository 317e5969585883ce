/**
 * What the head of a request decides, before a byte of its body is read. Pure:
 * method, target and headers in, a plan or a refusal out. Never throws,
 * whatever stands in the head.
 */
import type { ErrorCode } from '#base/errors.ts';
import type { OtlpEncoding, OtlpSignal } from '#signals/otlp/response.ts';

export type Compression = 'identity' | 'gzip';

/** A refusal that needs no more than the head, or one met later on. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 417 | 429 | 431 | 500 | 503;
  readonly code: ErrorCode;
  /** One English sentence: what is wrong, what would be right. */
  readonly message: string;
}

/** How the body is to be read. */
export interface Plan {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly compression: Compression;
  /** From Content-Length; undefined for a chunked body. */
  readonly declaredBytes: number | undefined;
}

export interface Head {
  readonly method: string;
  /** As on the request line: origin form, absolute form, or anything else. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly contentLength: string | undefined;
}

export interface HeadRules {
  /** Signal by path. */
  readonly paths: ReadonlyMap<string, OtlpSignal>;
  readonly bodyBytesMax: number;
}

export type Judged =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** `encoding` is that of the request, JSON where it named none we know. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly encoding: OtlpEncoding };

const ENCODINGS: ReadonlyMap<string, OtlpEncoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
]);

/** Judges in the order a person would fix things: address, method, media type, encoding, size. */
export function judgeHead(head: Head, rules: HeadRules): Judged {
  const named = ENCODINGS.get(mediaType(head.contentType));
  const encoding = named ?? 'json';
  const refuse = (status: Refusal['status'], code: ErrorCode, message: string): Judged => ({
    kind: 'refused',
    encoding,
    refusal: { status, code, message },
  });

  const signal = rules.paths.get(pathOf(head.target));
  if (signal === undefined) {
    return refuse(404, 'PLIM_NOT_FOUND', `nothing is here; send to ${[...rules.paths.keys()].join(', ')}`);
  }
  if (head.method !== 'POST') {
    return refuse(405, 'PLIM_METHOD', `the method ${clip(head.method)} is not allowed here; use POST`);
  }
  if (named === undefined) {
    const got = head.contentType === undefined ? 'no Content-Type' : clip(head.contentType);
    const message = `${got} is not supported; use ${[...ENCODINGS.keys()].join(' or ')}`;
    return refuse(415, 'PLIM_MEDIA_TYPE', message);
  }
  const compression = COMPRESSIONS.get((head.contentEncoding ?? '').trim().toLowerCase());
  if (compression === undefined) {
    const got = clip(head.contentEncoding ?? '');
    return refuse(415, 'PLIM_MEDIA_TYPE', `the content encoding ${got} is not supported; use gzip or none`);
  }
  const declaredBytes = declaredLength(head.contentLength);
  if (declaredBytes !== undefined && declaredBytes > rules.bodyBytesMax) {
    return { kind: 'refused', encoding, refusal: bodyTooLarge(`${declaredBytes} bytes`, rules.bodyBytesMax) };
  }
  return { kind: 'plan', plan: { signal, encoding, compression, declaredBytes } };
}

export function bodyTooLarge(what: string, bytesMax: number): Refusal {
  const message = `the body has ${what}, at most ${bytesMax} are taken; send smaller batches`;
  return { status: 413, code: 'PLIM_BODY_TOO_LARGE', message };
}

/**
 * The path of a request target, without query. An absolute target is cut by
 * hand: `URL` throws on what a hostile client can write there.
 */
export function pathOf(target: string): string {
  let start = 0;
  if (!target.startsWith('/')) {
    const scheme = target.indexOf('://');
    if (scheme < 0) return target;
    start = target.indexOf('/', scheme + 3);
    if (start < 0) return '/';
  }
  const end = target.slice(start).search(/[?#]/);
  return end < 0 ? target.slice(start) : target.slice(start, start + end);
}

/** Parameters and case do not count: `Application/JSON; charset=utf-8` is JSON. */
function mediaType(contentType: string | undefined): string {
  const value = contentType ?? '';
  const end = value.indexOf(';');
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

/** The HTTP parser has refused anything but digits; what is left may still be absurdly large. */
function declaredLength(contentLength: string | undefined): number | undefined {
  if (contentLength === undefined || !/^\d+$/.test(contentLength)) return undefined;
  return Number(contentLength);
}

/** Foreign text in our answers is short and printable. */
function clip(value: string): string {
  const printable = value.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 60 ? `${printable.slice(0, 60)}…` : printable;
}
