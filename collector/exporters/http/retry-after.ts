/** What a destination asks for in `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. */

/** A destination that asks for longer is asked again all the same. */
const WAIT_MS_MAX = 3_600_000;

/**
 * Milliseconds to wait; undefined when it asks for nothing that can be read.
 *
 * @param wallMs now, for a date
 */
export function retryAfterMs(header: string | undefined, wallMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(WAIT_MS_MAX, Math.max(0, waitMs));
}
