/**
 * Loopback is not authentication. A page in the user's browser can send
 * requests to loopback, so the Host header must name us (DNS rebinding), and
 * whatever changes state must not come from a foreign origin. CORS headers are
 * never sent. Where an API key is set, every route but the probes
 * and the console's own files asks for it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CodedError } from '#base/errors.ts';

export interface AccessRules {
  /** Host names that may stand in the Host header, lower case, without port; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Undefined: no key is asked for. */
  readonly apiKey: string | undefined;
}

export interface AccessRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Names under which this machine reaches itself. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Anyone may ask whether we live, and load the console, which then asks for the key; it holds no data itself. */
const OPEN_PATHS = /^(?:\/-\/(?:healthy|ready)|\/|\/ui(?:\/.*)?|\/assets\/.*)$/;
const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The reason to refuse a request, or undefined. */
export function refusal(request: AccessRequest, rules: AccessRules): CodedError | undefined {
  const host = hostName(request.headers.host);
  if (rules.hosts !== undefined && (host === undefined || !rules.hosts.has(host))) {
    return new CodedError(
      'PLIM_HOST_REFUSED',
      `the Host header ${JSON.stringify(request.headers.host ?? '')} is not on the allow-list; add the name under server.allowed_hosts`,
    );
  }
  if (!READING_METHODS.has(request.method) && isForeign(request.headers)) {
    return new CodedError(
      'PLIM_ORIGIN_REFUSED',
      'a state change from a page of another origin is refused; send it without a browser',
    );
  }
  if (
    rules.apiKey !== undefined &&
    !OPEN_PATHS.test(request.path) &&
    !hasKey(request.headers, rules.apiKey)
  ) {
    return new CodedError('PLIM_KEY_REQUIRED', 'send the API key as "Authorization: Bearer KEY"');
  }
  return undefined;
}

/** Host header without port and brackets, lower case; undefined when malformed or missing. */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

function isForeign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin } = headers;
  if (origin === undefined) return false;
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match === null || match[1]?.toLowerCase() !== headers.host?.toLowerCase();
}

function hasKey(headers: IncomingHttpHeaders, key: string): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  // Hashing first gives equal lengths, so the comparison takes the same time for any guess.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}

/** Whether `host` is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
