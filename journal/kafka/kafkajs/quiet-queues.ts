/**
 * Takes a busy loop out of kafkajs. Each of its connections has a queue of
 * requests, and every queue looks after those that wait by a timer that it sets
 * again whenever it fires, also when none waits; the delay is below zero then,
 * which Node takes for 1 ms and warns of. So a connection that does nothing wakes
 * its thread a thousand times a second. A queue that is given something to wait
 * for sets the timer by itself: without it nothing is to be looked after.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/** Once, before the first connection. */
export function quietQueues(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    readonly prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleIfPending() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
