/**
 * The leash: a pipe whose other end the parent process holds and never writes
 * to. It closes however the parent ends, SIGKILL included; so a child that
 * watches it never outlives its parent by more than its own stop.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';

/** After the leash is cut, an orderly stop gets this long; then the process is killed. */
const STOP_GRACE_MS = 3500;

/** Calls `onCut` once when the other end of the pipe `fd` closes. Does not keep the process alive. */
export function watchLeash(fd: number, onCut: () => void): void {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.unref();
  // A reset by a killed peer is the same news as an end.
  socket.on('error', () => {});
  socket.once('close', onCut);
  socket.resume();
}

/**
 * Watches the leash named by the environment (`PLIMSOLL_LEASH=3`), if there is
 * one and the descriptor really is a pipe. The variable is taken out of the
 * environment, so that children of this process do not look for a leash they
 * were not given.
 *
 * @returns whether a leash is being watched
 */
export function takeLeash(onCut: () => void = stopThenDie): boolean {
  const fd = Number(process.env['PLIMSOLL_LEASH'] ?? Number.NaN);
  delete process.env['PLIMSOLL_LEASH'];
  if (!Number.isInteger(fd) || !isPipe(fd)) return false;
  watchLeash(fd, onCut);
  return true;
}

/** The same way out as Ctrl-C, with a limit: nobody is left to ask twice. */
function stopThenDie(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
