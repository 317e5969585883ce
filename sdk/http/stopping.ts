/** Whether a stop has begun: known to the server that stops and to those who ask whether it is ready. */
let stopping = false;

export function isStopping(): boolean {
  return stopping;
}

export function beginStopping(): void {
  stopping = true;
}
