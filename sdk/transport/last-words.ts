/**
 * Last words: what has not arrived when the process ends is sent by a thread
 * that is started for it, while the main one stands still in its `exit` handler.
 * A thread kept ready would cost every service 28 MiB all its life; starting one
 * costs an end with something left to say some 35 ms.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Parcel } from '#sdk/transport/delivery.ts';

/** For all last words of a process: supervisors give up after a few seconds. */
const LIMIT_MS = 1000;

export class LastWords {
  #leftMs: number;

  constructor(limitMs: number = LIMIT_MS) {
    this.#leftMs = limitMs;
  }

  /** Sends and waits. Only for an `exit` handler: nothing else runs meanwhile. Never throws. */
  speak(parcels: readonly Parcel[]): void {
    if (parcels.length === 0 || this.#leftMs <= 0) return;
    const beganMs = performance.now();
    const cell = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    try {
      const worker = new Worker(join(import.meta.dirname, 'last-words-thread.js'), {
        // Without the flags of this process, or it would load the application's hooks.
        execArgv: [],
        env: {},
        workerData: { parcels: parcels.map(({ url, headers, body }) => ({ url, headers, body })), cell },
      });
      worker.on('error', () => {});
      Atomics.wait(new Int32Array(cell), 0, 0, this.#leftMs);
    } catch {
      // A process that may not start threads ends without last words.
    }
    this.#leftMs -= performance.now() - beganMs;
  }
}
