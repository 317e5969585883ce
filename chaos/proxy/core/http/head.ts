/**
 * Heads of HTTP/1.x messages (RFC 9112): where one ends, what it says, and how
 * the body after it is framed. Bytes that are not HTTP give `undefined`; the
 * caller then lets the connection pass untouched.
 */

/** Servers refuse heads far smaller than this. */
export const HEAD_BYTES_MAX = 32 * 1024;

const CR = 13;
const LF = 10;
const REQUEST_LINE = /^([A-Z]{1,24}) (\S+) HTTP\/1\.([01])$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
/** An unfinished head is held back only for these; a whole one may have any method. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

const latin1 = new TextDecoder('latin1');

export interface RequestHead {
  readonly method: string;
  /** Path without query; `*` and authority forms as they are. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  /** True when the connection is to close after the answer. */
  readonly closes: boolean;
  readonly expectsContinue: boolean;
  readonly framing: Framing;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** Index after the empty line that ends the head beginning at `from`; -1 when it has not come. */
export function headEnd(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(CR, from); at !== -1; at = data.indexOf(CR, at + 1)) {
    if (data[at + 1] === LF && data[at + 2] === CR && data[at + 3] === LF) return at + 4;
  }
  return -1;
}

/** Whether an unfinished head may yet become a request; says no as early as it can. */
export function mayBecomeRequest(data: Uint8Array): boolean {
  if (data.length > HEAD_BYTES_MAX) return false;
  const lineEnd = data.indexOf(LF);
  if (lineEnd === -1) return mayBecomeRequestLine(latin1.decode(data));
  return data[lineEnd - 1] === CR && REQUEST_LINE.test(latin1.decode(data.subarray(0, lineEnd - 1)));
}

function mayBecomeRequestLine(text: string): boolean {
  const space = text.indexOf(' ');
  if (space === -1) return METHODS.some((method) => method.startsWith(text));
  return METHODS.includes(text.slice(0, space)) && /^(?:$|[/*h])/.test(text.slice(space + 1));
}

export function parseRequestHead(data: Uint8Array): RequestHead | undefined {
  const lines = linesOf(data);
  const match = REQUEST_LINE.exec(lines[0] ?? '');
  const headers = headersOf(lines);
  if (match === null || headers === undefined) return undefined;
  const framing = requestFraming(headers);
  if (framing === undefined) return undefined;
  const [, method = '', target = '', minor] = match;
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  return {
    method,
    path: pathOf(target),
    headers,
    closes: minor === '0' ? !hasToken(connection, 'keep-alive') : hasToken(connection, 'close'),
    expectsContinue: headers.get('expect')?.toLowerCase() === '100-continue',
    framing,
  };
}

export function parseResponseHead(data: Uint8Array): ResponseHead | undefined {
  const lines = linesOf(data);
  const match = STATUS_LINE.exec(lines[0] ?? '');
  const headers = headersOf(lines);
  if (match === null || headers === undefined) return undefined;
  return { status: Number(match[2]), headers };
}

/** RFC 9112 §6.3, for the answer to a request of `method`. */
export function responseFraming(head: ResponseHead, method: string): Framing {
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) {
    return { kind: 'none' };
  }
  const coding = head.headers.get('transfer-encoding');
  if (coding !== undefined) return isChunked(coding) ? { kind: 'chunked' } : { kind: 'until-close' };
  return lengthOf(head.headers) ?? { kind: 'until-close' };
}

function requestFraming(headers: ReadonlyMap<string, string>): Framing | undefined {
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) return isChunked(coding) ? { kind: 'chunked' } : undefined;
  if (!headers.has('content-length')) return { kind: 'none' };
  return lengthOf(headers);
}

function lengthOf(headers: ReadonlyMap<string, string>): Framing | undefined {
  const text = headers.get('content-length') ?? '';
  const bytes = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return bytes === undefined ? undefined : { kind: 'length', bytes };
}

function isChunked(coding: string): boolean {
  return /(?:^|,)\s*chunked\s*$/i.test(coding);
}

function linesOf(data: Uint8Array): string[] {
  return latin1.decode(data.subarray(0, data.length - 4)).split('\r\n');
}

/** Header fields by lower-case name, repeated ones joined; undefined when a line is none. */
function headersOf(lines: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function hasToken(list: string, token: string): boolean {
  return list.split(',').some((part) => part.trim() === token);
}

function pathOf(target: string): string {
  const match = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(target);
  const path = match === null ? target : match[1] || '/';
  return path.split('?', 1)[0] ?? path;
}
