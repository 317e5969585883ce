/** Limits of the embedded documents store. */
import { bytes, duration, mapped, number, object, withDefault, type Schema } from '#base/config/schema.ts';

export interface DocumentsConfig {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly sealRows: number;
  readonly sealIntervalMs: number;
  readonly memoryLimitBytes: number;
}

const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

const fields = object({
  retention_age: withDefault(
    duration({ minMs: 60_000, maxMs: 400 * 24 * HOUR_MS }),
    24 * HOUR_MS,
    'How long spans and logs are kept, counted from their seal.',
  ),
  retention_bytes: withDefault(
    bytes({ min: MIB, max: 2 ** 50 }),
    4 * 2 ** 30,
    'Disk the Parquet files may use; the oldest go first.',
  ),
  seal_rows: withDefault(
    number({ min: 100, max: 50_000, integer: true }),
    50_000,
    'Spans and log records in memory at which they are sealed early; also the most rows of one file. More rows would need more memory than the limit gives.',
  ),
  seal_interval: withDefault(
    duration({ minMs: 1000, maxMs: HOUR_MS }),
    30_000,
    'How long spans and logs wait in memory before they are sealed; a restart replays at most this much.',
  ),
  memory_limit: withDefault(
    bytes({ min: 64 * MIB, max: 64 * 2 ** 30 }),
    128 * MIB,
    'Memory DuckDB may use for itself; the process needs about three times as much.',
  ),
});

/** Schema of the key `storage.documents`. */
export const DOCUMENTS_SCHEMA: Schema<DocumentsConfig> = mapped(fields, (written) => ({
  retentionMs: written.retention_age,
  retentionBytes: written.retention_bytes,
  sealRows: written.seal_rows,
  sealIntervalMs: written.seal_interval,
  memoryLimitBytes: written.memory_limit,
}));
