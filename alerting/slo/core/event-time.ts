/** When an event counts: at its end, unless that lies too far from when it was received. */

const MINUTE_MS = 60_000;
/** How far ahead of its receipt an event may claim to be before it counts at receipt. */
export const EVENT_AHEAD_MS_MAX = MINUTE_MS;
/** How far back an event may lie before it counts at receipt. */
export const EVENT_LATE_MS_MAX = 10 * MINUTE_MS;

/** When a record was received, by the wall clock and in engine time. */
export interface Receipt {
  readonly wallMs: number;
  readonly engineMs: number;
}

/** On which side of the lateness horizon an event lies; undefined within it. */
export function lateness(endMs: number, receipt: Receipt): 'past' | 'future' | undefined {
  if (endMs > receipt.wallMs + EVENT_AHEAD_MS_MAX) return 'future';
  return endMs < receipt.wallMs - EVENT_LATE_MS_MAX ? 'past' : undefined;
}

/** Engine time at which an event counts. */
export function eventMs(endMs: number, receipt: Receipt): number {
  return lateness(endMs, receipt) === undefined
    ? endMs - receipt.wallMs + receipt.engineMs
    : receipt.engineMs;
}
