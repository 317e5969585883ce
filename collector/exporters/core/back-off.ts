/** How long an exporter waits before it tries again. Pure. */
import type { Random } from '#base/random.ts';
import type { RetryConfig } from '#collector/exporters/config.ts';

/**
 * @param failures of this batch so far, 1 or more
 * @param retryAfterMs what the destination asked for: the wait is never shorter
 */
export function backOffMs(
  retry: Pick<RetryConfig, 'initialMs' | 'maxMs' | 'multiplier' | 'randomization'>,
  failures: number,
  retryAfterMs: number | undefined,
  random: Random,
): number {
  const meanMs = Math.min(retry.maxMs, retry.initialMs * retry.multiplier ** (failures - 1));
  const spread = retry.randomization * (2 * random.float() - 1);
  return Math.max(Math.round(meanMs * (1 + spread)), retryAfterMs ?? 0);
}
