/**
 * Server-sent events: one answer that stays open. What is sent is one line of
 * JSON an event, so no line of it has to be split.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '#base/clock.ts';

/** A browser whose stream ends asks again after so long. */
const RETRY_MS = 1000;
/** Often enough that whoever stands between does not take the connection for dead. */
export const HEARTBEAT_MS = 10_000;
/** Whoever leaves more than this unread does not read at all; it may come again. */
export const BACKLOG_BYTES_MAX = 1024 * 1024;

export interface StreamEvent {
  readonly id: number;
  readonly name: string;
  /** One line. */
  readonly data: string;
}

/**
 * - `gone`: the client left, or the server stops;
 * - `slow`: it did not read, and was closed.
 */
export type StreamEnd = 'gone' | 'slow';

export interface EventStream {
  send(event: StreamEvent): void;
}

/**
 * Begins the answer and keeps it open with heartbeats.
 *
 * @param onEnd called once, when nothing can be sent any more
 */
export function openEventStream(
  response: ServerResponse,
  clock: Clock,
  onEnd: (why: StreamEnd) => void,
): EventStream {
  let end: StreamEnd = 'gone';
  let heartbeat: Timer | undefined;
  const write = (text: string): void => {
    if (response.destroyed) return;
    if (response.writableLength > BACKLOG_BYTES_MAX) {
      end = 'slow';
      response.destroy();
    } else response.write(text);
  };
  const beat = (): void => {
    heartbeat = clock.startTimer(HEARTBEAT_MS, () => {
      write(':\n\n');
      beat();
    });
  };
  response.once('close', () => {
    heartbeat?.cancel();
    onEnd(end);
  });
  // A proxy in between must pass each event on as it comes.
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  write(`retry: ${RETRY_MS}\n\n`);
  beat();
  return { send: ({ id, name, data }) => write(`id: ${id}\nevent: ${name}\ndata: ${data}\n\n`) };
}
