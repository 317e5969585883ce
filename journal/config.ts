/** Configuration of the disk journal, as it stands under `journal:` in plimsoll.yaml. */
import { bytes, complain, duration, object, withDefault, type Schema } from '#base/config/schema.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface JournalConfig {
  /** Segments on disk, before `refuse` consumers make the door answer 503. */
  readonly bytesMax: number;
  /** A segment is closed and the next one begun at this size. */
  readonly segmentBytes: number;
  /** Segments older than this go once every `refuse` consumer has read them. */
  readonly ageMaxMs: number;
  /** Segments everyone has read stay at least this long, unless over budget. */
  readonly ageMinMs: number;
  /** Most bytes written by one commit; a single larger record makes its own. */
  readonly commitBytesMax: number;
  /** A larger record is refused. */
  readonly recordBytesMax: number;
  /** Bytes a consumer may have before it until the door refuses newcomers. */
  readonly backlogBytesMax: number;
  /** Bytes that may wait for their commit; beyond it, `PLIM_OVERLOADED`. */
  readonly queueBytesMax: number;
}

/** Two GiB hold about a day of the demo, or 15 minutes at 2 MB/s. */
export const DEFAULT_JOURNAL_CONFIG: JournalConfig = {
  bytesMax: 2 * GIB,
  segmentBytes: 64 * MIB,
  ageMaxMs: 24 * HOUR_MS,
  ageMinMs: 15 * MINUTE_MS,
  // Past about 8 MiB a commit gets slower per byte, and every waiter with it.
  commitBytesMax: 8 * MIB,
  recordBytesMax: 64 * MIB,
  // Some ten seconds of work for the slowest store: a burst is taken, a flood is not.
  backlogBytesMax: 256 * MIB,
  queueBytesMax: 128 * MIB,
};

/** Space comes back by whole segments; with fewer, a full journal would stay full too long. */
const SEGMENTS_MIN = 4;

const schema = object({
  bytes_max: withDefault(
    bytes({ min: 16 * MIB, max: 1024 * GIB }),
    DEFAULT_JOURNAL_CONFIG.bytesMax,
    'Disk budget. When a consumer that must not lose anything is this far behind, new data is refused.',
  ),
  segment_bytes: withDefault(
    bytes({ min: MIB, max: GIB }),
    DEFAULT_JOURNAL_CONFIG.segmentBytes,
    'Size at which a segment file is closed; space is reclaimed by whole segments.',
  ),
  age_max: withDefault(
    duration({ minMs: MINUTE_MS, maxMs: 3650 * 24 * HOUR_MS }),
    DEFAULT_JOURNAL_CONFIG.ageMaxMs,
    'Segments older than this are deleted once every consumer that must not lose anything has read them.',
  ),
  age_min: withDefault(
    duration({ minMs: 0, maxMs: 3650 * 24 * HOUR_MS }),
    DEFAULT_JOURNAL_CONFIG.ageMinMs,
    'Segments that every consumer has read are kept at least this long, unless over budget.',
  ),
  commit_bytes_max: withDefault(
    bytes({ min: 64 * 1024, max: 256 * MIB }),
    DEFAULT_JOURNAL_CONFIG.commitBytesMax,
    'Most bytes made durable by one write and sync.',
  ),
  record_bytes_max: withDefault(
    bytes({ min: 64 * 1024, max: GIB }),
    DEFAULT_JOURNAL_CONFIG.recordBytesMax,
    'Largest single record, that is one decompressed request.',
  ),
  backlog_bytes_max: withDefault(
    bytes({ min: MIB, max: 1024 * GIB }),
    DEFAULT_JOURNAL_CONFIG.backlogBytesMax,
    'Bytes an embedded store or the SLO engine may be behind; beyond it requests are answered 503 until it has caught up.',
  ),
  queue_bytes_max: withDefault(
    bytes({ min: MIB, max: 4 * GIB }),
    DEFAULT_JOURNAL_CONFIG.queueBytesMax,
    'Bytes that may wait in memory for their commit; beyond it requests are refused.',
  ),
});

/** Reads `journal:`; the keys are in `fields`, for the reference page. */
export const JOURNAL_SCHEMA: Schema<JournalConfig> = {
  expected: schema.expected,
  fields: schema.fields,
  read(node, path, context) {
    const values = schema.read(node, path, context);
    if (values === undefined) return undefined;
    if (values.bytes_max < SEGMENTS_MIN * values.segment_bytes)
      return complain(
        context,
        node.place,
        `${path}.bytes_max`,
        `bytes_max must hold ${SEGMENTS_MIN} segments: raise it to ${SEGMENTS_MIN * values.segment_bytes} or lower segment_bytes`,
      );
    return {
      bytesMax: values.bytes_max,
      segmentBytes: values.segment_bytes,
      ageMaxMs: values.age_max,
      ageMinMs: values.age_min,
      commitBytesMax: values.commit_bytes_max,
      recordBytesMax: values.record_bytes_max,
      backlogBytesMax: values.backlog_bytes_max,
      queueBytesMax: values.queue_bytes_max,
    };
  },
};
