/**
 * What every exporter can be told, in the words of the Collector's exporter
 * helper. The queue's own keys are missing on purpose: the queue is the journal.
 */
import {
  boolean,
  duration,
  notSupportedYet,
  number,
  object,
  optional,
  record,
  section,
  withDefault,
} from '#base/config/schema.ts';
import { secret } from '#base/config/secrets.ts';
import { TLS_SCHEMA, type TlsConfig } from '#base/config/tls.ts';
import type { OnFull } from '#journal/ports.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

export interface RetryConfig {
  /** False: a batch that fails once is dropped. */
  readonly isEnabled: boolean;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly multiplier: number;
  /** 0 … 1: how far a delay may lie from its mean, as a share of it. */
  readonly randomization: number;
  /** A batch older than this is dropped; undefined: never. */
  readonly maxElapsedMs: number | undefined;
}

export interface CommonConfig {
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsConfig;
  readonly retry: RetryConfig;
  readonly onFull: OnFull;
}

const journalQueues = 'remove it; the journal is the queue, and its limits are under journal';

const retry = object({
  enabled: withDefault(boolean(), true, 'Whether a batch that failed is sent again.'),
  // The Collector waits 5 s: for it a retry holds a queue, for us nothing.
  initial_interval: withDefault(
    duration({ minMs: 10, maxMs: HOUR_MS }),
    SECOND_MS,
    'Wait before the first retry.',
  ),
  randomization_factor: withDefault(
    number({ min: 0, max: 1 }),
    0.5,
    'How far a wait may lie from its mean, as a share of it.',
  ),
  multiplier: withDefault(number({ min: 1, max: 10 }), 1.5, 'How much longer each wait is than the last.'),
  max_interval: withDefault(duration({ minMs: 10, maxMs: HOUR_MS }), 30 * SECOND_MS, 'The longest wait.'),
  // The Collector gives up after five minutes; the journal keeps longer than that.
  max_elapsed_time: withDefault(
    duration({ minMs: 0, maxMs: 24 * HOUR_MS }),
    0,
    'A batch older than this is dropped and counted; 0 s: never.',
  ),
});

const queue = object({
  enabled: optional(boolean(), 'Accepted and without effect: the journal is always there.'),
  block_on_overflow: withDefault(
    boolean(),
    false,
    'When the journal is full of what this exporter has not sent: `true` refuses new data at the door, `false` drops the oldest for this exporter alone, counted.',
  ),
  num_consumers: notSupportedYet(journalQueues),
  queue_size: notSupportedYet(journalQueues),
  sizer: notSupportedYet(journalQueues),
  storage: notSupportedYet(journalQueues),
  wait_for_result: notSupportedYet(journalQueues),
  batch: notSupportedYet(journalQueues),
});

/** Keys of every exporter; spread into the schema of each. */
export const COMMON_FIELDS = {
  timeout: withDefault(
    duration({ minMs: 10, maxMs: HOUR_MS }),
    10 * SECOND_MS,
    'Time one request may take, its answer included.',
  ),
  headers: withDefault(record(secret()), {}, 'Headers added to every request, `Authorization` for example.'),
  tls: section(TLS_SCHEMA, 'TLS, for addresses that begin with https.'),
  retry_on_failure: section(retry, 'What happens when the destination is away.'),
  sending_queue: section(queue, 'What happens when it stays away for long.'),
  auth: notSupportedYet('name the header under headers'),
};

const common = object(COMMON_FIELDS);
type CommonWritten = NonNullable<ReturnType<(typeof common)['read']>>;

/** The common part of what was written for one exporter. */
export function commonConfig(written: CommonWritten): CommonConfig {
  const { timeout, headers, retry_on_failure: again, sending_queue, tls: wire } = written;
  return {
    timeoutMs: timeout,
    headers,
    tls: wire,
    retry: {
      isEnabled: again.enabled,
      initialMs: again.initial_interval,
      maxMs: Math.max(again.max_interval, again.initial_interval),
      multiplier: again.multiplier,
      randomization: again.randomization_factor,
      maxElapsedMs: again.max_elapsed_time === 0 ? undefined : again.max_elapsed_time,
    },
    onFull: sending_queue.block_on_overflow ? 'refuse' : 'drop',
  };
}

/** What holds when none of the common keys is written. */
export const COMMON_DEFAULT: CommonConfig = commonConfig(section(common, '').default.value);
