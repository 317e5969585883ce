/** Limits of the embedded metrics store. */
import { bytes, duration, mapped, number, object, withDefault, type Schema } from '#base/config/schema.ts';

export interface MetricsConfig {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly sealIntervalMs: number;
  readonly sealSamples: number;
  readonly seriesMax: number;
}

const HOUR_MS = 3_600_000;

const fields = object({
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

/** Schema of the key `storage.metrics`. */
export const METRICS_SCHEMA: Schema<MetricsConfig> = mapped(fields, (written) => ({
  retentionMs: written.retention_age,
  retentionBytes: written.retention_bytes,
  sealIntervalMs: written.seal_interval,
  sealSamples: written.seal_samples,
  seriesMax: written.series_max,
}));
