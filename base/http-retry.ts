/** What the answer of an HTTP server means to a sender that will try again, and when. */
import type { NetResponse } from '#base/net.ts';
import type { Random } from '#base/random.ts';

export const RETRY_DELAY_MS_MIN = 1000;
export const RETRY_DELAY_MS_MAX = 60_000;
/** A receiver that asks for more than this is taken to mean this. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined }
  | { readonly kind: 'refused' };

/** Beside 5xx: request timeout, too early, too many requests. */
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429]);

/** @param wallMs for Retry-After in its date form, unless the answer carries its own date */
export function verdictOf(response: Pick<NetResponse, 'status' | 'headers'>, wallMs: number): Verdict {
  const { status } = response;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status < 500 && !RETRIED.has(status)) return { kind: 'refused' };
  return { kind: 'retry', afterMs: retryAfterMs(response.headers, wallMs) };
}

/** Date.parse alone takes far more than HTTP allows, `-5` for example. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .+ GMT$/;

/** Full jitter: anything up to a bound that doubles; never less than the receiver asked for. */
export function retryDelayMs(attemptsBefore: number, afterMs: number | undefined, random: Random): number {
  const boundMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** Math.min(attemptsBefore, 10));
  return Math.max(Math.ceil(random.float() * boundMs), afterMs ?? 0);
}

/** Retry-After in both forms (RFC 9110 §10.2.3); undefined when missing or neither. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, wallMs: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, RETRY_AFTER_MS_MAX);
  const atMs = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) return undefined;
  const theirNowMs = Date.parse(headers['date'] ?? '');
  const nowMs = Number.isNaN(theirNowMs) ? wallMs : theirNowMs;
  return Math.min(Math.max(0, atMs - nowMs), RETRY_AFTER_MS_MAX);
}
