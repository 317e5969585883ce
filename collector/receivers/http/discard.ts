/**
 * What a refused sender still sends is read and thrown away for a while:
 * closing at once would reset the connection and take the answer with it.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base/clock.ts';

/** Enough for an honest body twice the default limit; discarding costs no memory. */
const DISCARD_BYTES_MAX = 128 * 1024 * 1024;
const DISCARD_MS_MAX = 5000;

export function discardRest(request: IncomingMessage, clock: Clock): void {
  let discarded = 0;
  const giveUp = clock.startTimer(DISCARD_MS_MAX, () => request.socket.destroy());
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > DISCARD_BYTES_MAX) request.socket.destroy();
  });
  const done = (): void => {
    giveUp.cancel();
    request.socket.off('close', done);
  };
  request.on('end', done).on('error', done);
  // A request whose answer is finished no longer hears that its connection closed.
  request.socket.once('close', done);
  request.resume();
}
