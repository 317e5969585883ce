/**
 * What the head of a request decides, before a byte of its body is read. Pure:
 * method, target and headers in, a plan or a refusal out. Never throws,
 * whatever stands in the head.
 */
import type { ErrorCode } from '#base/errors.ts';

export type Compression = 'identity' | 'gzip';

/** A refusal that needs no more than the head, or one met later on. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 417 | 429 | 431 | 500 | 503;
  readonly code: ErrorCode;
  /** One English sentence: what is wrong, what would be right. */
  readonly message: string;
}

/** How the body is to be read. */
export interface BodyPlan {
  readonly compression: Compression;
  /** From Content-Length; undefined for a chunked body. */
  readonly declaredBytes: number | undefined;
}

/** And what it is: which of the paths, in which of the media types. */
export interface Plan<Route, Media> extends BodyPlan {
  readonly route: Route;
  readonly media: Media;
}

export interface Head {
  readonly method: string;
  /** As on the request line: origin form, absolute form, or anything else. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly contentLength: string | undefined;
}

export interface HeadRules<Route, Media> {
  readonly paths: ReadonlyMap<string, Route>;
  /** By media type, lower case, without parameters. */
  readonly mediaTypes: ReadonlyMap<string, Media>;
  readonly bodyBytesMax: number;
}

export type Judged<P> =
  | { readonly kind: 'plan'; readonly plan: P }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
]);

/** Judges in the order a person would fix things: address, method, media type, encoding, size. */
export function judge<Route, Media>(head: Head, rules: HeadRules<Route, Media>): Judged<Plan<Route, Media>> {
  const route = rules.paths.get(pathOf(head.target));
  if (route === undefined) {
    return refused(404, 'PLIM_NOT_FOUND', `nothing is here; send to ${[...rules.paths.keys()].join(', ')}`);
  }
  if (head.method !== 'POST') {
    return refused(405, 'PLIM_METHOD', `the method ${clip(head.method)} is not allowed here; use POST`);
  }
  const media = rules.mediaTypes.get(mediaType(head.contentType));
  if (media === undefined) {
    const got = head.contentType === undefined ? 'no Content-Type' : clip(head.contentType);
    const known = [...rules.mediaTypes.keys()].join(' or ');
    return refused(415, 'PLIM_MEDIA_TYPE', `${got} is not supported; use ${known}`);
  }
  const compression = COMPRESSIONS.get((head.contentEncoding ?? '').trim().toLowerCase());
  if (compression === undefined) {
    const got = clip(head.contentEncoding ?? '');
    return refused(415, 'PLIM_MEDIA_TYPE', `the content encoding ${got} is not supported; use gzip or none`);
  }
  const declaredBytes = declaredLength(head.contentLength);
  if (declaredBytes !== undefined && declaredBytes > rules.bodyBytesMax) {
    return { kind: 'refused', refusal: bodyTooLarge(`${declaredBytes} bytes`, rules.bodyBytesMax) };
  }
  return { kind: 'plan', plan: { route, media, compression, declaredBytes } };
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
export function mediaType(contentType: string | undefined): string {
  const value = contentType ?? '';
  const end = value.indexOf(';');
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

function refused(status: Refusal['status'], code: ErrorCode, message: string): Judged<never> {
  return { kind: 'refused', refusal: { status, code, message } };
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
