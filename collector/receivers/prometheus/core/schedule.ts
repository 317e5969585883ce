/**
 * When a target is scraped. Its place in the interval comes from a hash of its
 * identity, so that targets do not all answer at once, and a restart keeps it.
 * Pure.
 */

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Milliseconds from `nowMs` (wall clock) to the target's first scrape: less than an interval. */
export function firstDelayMs(identity: string, intervalMs: number, nowMs: number): number {
  const offsetMs = hash(identity) % intervalMs;
  const intoMs = nowMs % intervalMs;
  return (offsetMs - intoMs + intervalMs) % intervalMs;
}

/**
 * When the next scrape is due: a whole number of intervals after the last was
 * due. What was missed, because one took too long or the machine slept, is
 * skipped, never made up for.
 *
 * @param dueMs when the last scrape was due, monotonic
 */
export function nextDueMs(dueMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.max(1, Math.ceil((nowMs - dueMs) / intervalMs));
  return dueMs + passed * intervalMs;
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  }
  return value >>> 0;
}
