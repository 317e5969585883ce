/**
 * Back-pressure at the door: when a consumer that must not lose anything has
 * too much before it, newcomers are refused until it has caught up. The journal
 * would take them still; but whoever asks, and the SLO engine, would be answered
 * from ever further in the past.
 */
import { CodedError } from '#base/errors.ts';

export interface Backlog {
  /** The consumer with the most before it. */
  readonly consumer: string;
  readonly bytes: number;
}

/** The reason to refuse, or undefined. Pure. */
export function backlogRefusal(backlog: Backlog, bytesMax: number): CodedError | undefined {
  if (backlog.bytes <= bytesMax) return undefined;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return new CodedError(
    'PLIM_OVERLOADED',
    `${backlog.consumer} has ${mib(backlog.bytes)} before it, more than journal.backlog_bytes_max (${mib(bytesMax)}); try again after the time in Retry-After`,
  );
}
