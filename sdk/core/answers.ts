/** What a collector's answer means for a batch (OTLP 1.11, "OTLP/HTTP Response" and "Failures"). */

export type Verdict = 'accepted' | 'later' | 'refused';

/** The same batch may be taken later. */
const LATER = new Set([408, 429, 502, 503, 504]);
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5000;
/** A collector that asks for more is asked anyway after that. */
const RETRY_AFTER_MS_MAX = 30_000;

export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'accepted';
  return LATER.has(status) ? 'later' : 'refused';
}

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * @param failures in a row, from 1
 * @param retryAfter the header, in seconds; dates are not honoured
 * @param random from 0 to 1: services that failed together do not come back together
 */
export function retryDelayMs(failures: number, retryAfter: string | undefined, random: number): number {
  const askedMs = Number(retryAfter ?? 0) * 1000;
  const grownMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1)) * (0.5 + random / 2);
  return askedMs > 0 ? Math.max(grownMs, Math.min(askedMs, RETRY_AFTER_MS_MAX)) : grownMs;
}

/**
 * Items of an accepted batch that were refused all the same: `partial_success`
 * of an `Export…ServiceResponse`,
 *
 *     response        = { 1: partial_success }
 *     partial_success = { 1: rejected (int64), 2: error_message }
 *
 * 0 for anything that does not read like one.
 */
export function refusedItems(body: Uint8Array): number {
  const outer = firstField(body);
  if (outer?.wireType !== 2) return 0;
  const inner = firstField(body.subarray(outer.start, outer.start + outer.value));
  return inner?.wireType === 0 ? inner.value : 0;
}

interface Field {
  readonly wireType: number;
  /** Of a varint the value, of bytes the length. */
  readonly value: number;
  /** Where bytes begin. */
  readonly start: number;
}

/** Field 1, if the message begins with it. */
function firstField(bytes: Uint8Array): Field | undefined {
  const tag = bytes[0];
  if (tag === undefined || tag >> 3 !== 1) return undefined;
  let value = 0;
  // Seven groups of seven bits are as much as a number holds; nobody sends that many items.
  for (let index = 0; index < 7; index += 1) {
    const byte = bytes[1 + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { wireType: tag & 7, value, start: 2 + index };
  }
  return undefined;
}
