/** An HTTP fault as it is set on a proxy: which requests it means, what it answers. */
import type { Random } from '#base/random.ts';
import type { RequestHead } from '#chaos/proxy/core/http/head.ts';
import { numeric, type Attributes } from '#chaos/proxy/core/toxics/toxic.ts';

/** A fault shared by all connections of a proxy; a change makes a new one. */
export interface HttpFault {
  /** Chance that a connection is concerned at all. */
  readonly toxicity: number;
  /** Chance that a request of such a connection is. */
  readonly share: number;
  readonly status: number | undefined;
  readonly isAbort: boolean;
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Upper case; undefined for any. */
  readonly method: string | undefined;
  readonly path: RegExp | undefined;
  readonly body: string;
}

/** What is to happen to one request. */
export interface Verdict {
  readonly delayMs: number;
  readonly action: 'forward' | 'answer' | 'abort';
  /** The fault that decides; absent for `forward`. */
  readonly fault?: HttpFault;
}

export function httpFaultFrom(attributes: Attributes, toxicity: number): HttpFault {
  const status = numeric(attributes, 'status');
  const method = String(attributes['method'] ?? '');
  const path = String(attributes['path'] ?? '');
  return {
    toxicity,
    share: numeric(attributes, 'share'),
    status: status === 0 ? undefined : status,
    isAbort: attributes['abort'] === true,
    delayMs: numeric(attributes, 'delay_ms'),
    jitterMs: numeric(attributes, 'delay_jitter_ms'),
    method: method === '' ? undefined : method.toUpperCase(),
    path: path === '' ? undefined : pathPattern(path),
    body: String(attributes['body'] ?? ''),
  };
}

/**
 * A path with `*` is a glob: `*` stands for characters of one segment, `**` for
 * any. One without means itself and all below it.
 */
export function pathPattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  if (!path.includes('*')) return new RegExp(`^${escaped.replace(/\/$/, '')}(?:/|$)`);
  const pattern = escaped.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
  return new RegExp(`^${pattern}$`);
}

/** Delays of all faults drawn add up; the first that answers or aborts decides. */
export function judge(faults: readonly HttpFault[], head: RequestHead, random: Random): Verdict {
  let delayMs = 0;
  for (const fault of faults) {
    if (!isMeant(fault, head) || random.float() >= fault.share) continue;
    delayMs += fault.delayMs + (random.float() * 2 - 1) * fault.jitterMs;
    if (fault.isAbort) return { delayMs, action: 'abort', fault };
    if (fault.status !== undefined) return { delayMs, action: 'answer', fault };
  }
  return { delayMs, action: 'forward' };
}

function isMeant(fault: HttpFault, head: RequestHead): boolean {
  if (fault.method !== undefined && fault.method !== head.method) return false;
  return fault.path === undefined || fault.path.test(head.path);
}

/** Statuses services answer with when they fail; others get the name of their class. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [204, 'No Content'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [413, 'Content Too Large'],
  [422, 'Unprocessable Content'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
]);
const REASON_OF_CLASS = ['', '', 'Success', 'Redirection', 'Client Error', 'Server Error'];

/** The bytes of the answer to `head`; it looks like the service's own. */
export function answerBytes(fault: HttpFault, head: RequestHead, closes: boolean): Uint8Array {
  const status = fault.status ?? 500;
  const reason = REASONS.get(status) ?? REASON_OF_CLASS[Math.floor(status / 100)] ?? '';
  const hasBody = status !== 204 && status !== 304;
  const body = hasBody ? new TextEncoder().encode(fault.body === '' ? `${reason}\n` : fault.body) : undefined;
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  if (body !== undefined) {
    lines.push(`content-type: ${contentType(fault.body)}`, `content-length: ${body.length}`);
  }
  lines.push(`connection: ${closes ? 'close' : 'keep-alive'}`, '', '');
  const start = new TextEncoder().encode(lines.join('\r\n'));
  if (body === undefined || head.method === 'HEAD') return start;
  const whole = new Uint8Array(start.length + body.length);
  whole.set(start);
  whole.set(body, start.length);
  return whole;
}

function contentType(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'text/plain; charset=utf-8';
}
