/** Limits of the embedded metrics store. */
import { bytes, duration, number, object, withDefault } from '#base/config/schema.ts';

export interface MetricsConfig {
  readonly retention_age: number;
  readonly retention_bytes: number;
  readonly seal_interval: number;
  readonly seal_samples: number;
  readonly series_max: number;
}

const HOUR_MS = 3_600_000;

export const METRICS_CONFIG = object({
  retention_age: withDefault(
    duration({ minMs: 60_000, maxMs: 400 * 24 * HOUR_MS }),
    24 * HOUR_MS,
    'How long samples are kept.',
  ),
  retention_bytes: withDefault(
    bytes({ min: 1024 * 1024, max: 2 ** 50 }),
    4 * 2 ** 30,
    'Disk the sealed chunks may use; the oldest files go first.',
  ),
  seal_interval: withDefault(
    duration({ minMs: 1000, maxMs: HOUR_MS }),
    60_000,
    'How long samples wait in memory before they are sealed; a restart replays at most this much.',
  ),
  seal_samples: withDefault(
    number({ min: 1000, max: 10_000_000, integer: true }),
    1_000_000,
    'Samples in memory at which they are sealed early.',
  ),
  series_max: withDefault(
    number({ min: 1, max: 10_000_000, integer: true }),
    500_000,
    'Series kept at once; samples of further ones are dropped and counted.',
  ),
});
