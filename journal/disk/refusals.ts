/** Why the journal did not take a record, in words for whoever sent it. */
import { CodedError, errorText, type ErrorCode } from '#base/errors.ts';
import type { JournalConfig } from '#journal/config.ts';

/** What keeps the writer from writing: no space on the disk, or a disk that fails. */
export type Trouble = 'full' | 'failed';

export function closed(): CodedError {
  return new CodedError('PLIM_JOURNAL_CLOSED', 'the journal is closed; send again later');
}

export function tooLarge(bodyBytes: number, { recordBytesMax }: JournalConfig): CodedError {
  return new CodedError(
    'PLIM_BODY_TOO_LARGE',
    `a record of ${bodyBytes} bytes is over journal.record_bytes_max, ${recordBytesMax}; send less at once`,
  );
}

export function full({ bytesMax }: JournalConfig): CodedError {
  return new CodedError(
    'PLIM_JOURNAL_FULL',
    `consumers are as far behind as journal.bytes_max, ${bytesMax} bytes, allows; send again later`,
  );
}

export function overloaded({ queueBytesMax }: JournalConfig): CodedError {
  return new CodedError(
    'PLIM_OVERLOADED',
    `more than journal.queue_bytes_max, ${queueBytesMax} bytes, wait for the disk; send again later`,
  );
}

export function trouble(kind: Trouble, cause: unknown): CodedError {
  const code: ErrorCode = kind === 'full' ? 'PLIM_JOURNAL_FULL' : 'PLIM_JOURNAL_FAILED';
  const what =
    kind === 'full' ? 'the disk of the journal is full' : 'the journal could not be written and synced';
  return new CodedError(code, `${what} (${errorText(cause)}); nothing was acknowledged, send again later`, {
    cause,
  });
}
