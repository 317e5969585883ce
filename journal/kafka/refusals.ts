/** Why the journal on Kafka did not take a record or give one, in words for whoever asked. */
import { reasonText } from '#base/access.ts';
import { CodedError } from '#base/errors.ts';

export function closed(): CodedError {
  return new CodedError('PLIM_JOURNAL_CLOSED', 'the journal is closed; send again later');
}

export function tooLarge(bodyBytes: number, bytesMax: number): CodedError {
  return new CodedError(
    'PLIM_BODY_TOO_LARGE',
    `a record of ${bodyBytes} bytes holds a single item over ${bytesMax} bytes, nine tenths of what the topic takes; ` +
      'send smaller items, or raise producer.max_message_bytes and the topic’s max.message.bytes',
  );
}

export function full(bytesMax: number): CodedError {
  return new CodedError(
    'PLIM_JOURNAL_FULL',
    `a consumer that must not lose anything is about ${bytesMax} bytes behind, as far as the journal’s bytes_max or ` +
      'the topic’s retention allows; send again later',
  );
}

export function overloaded(queueBytesMax: number): CodedError {
  return new CodedError(
    'PLIM_OVERLOADED',
    `more than the journal’s queue_bytes_max, ${queueBytesMax} bytes, wait for the brokers; send again later`,
  );
}

export function failed(cause: unknown): CodedError {
  return new CodedError(
    'PLIM_JOURNAL_FAILED',
    `the brokers of the journal did not confirm (${reasonText(cause)}); nothing was acknowledged, send again later`,
    { cause },
  );
}

export function unreadable(topic: string, cause: unknown): CodedError {
  return new CodedError(
    'PLIM_STORE_UNAVAILABLE',
    `the journal’s topic ${topic} cannot be read now (${reasonText(cause)}); it is tried again`,
    { cause },
  );
}
