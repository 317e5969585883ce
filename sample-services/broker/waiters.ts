/** Polls that wait for the next record of a topic. */

/** A company has a handful of readers; more is somebody's mistake. */
export const WAITERS_MAX = 100;

export class Waiters {
  readonly #byTopic = new Map<string, Set<() => void>>();
  #count = 0;
  #isClosed = false;

  get isFull(): boolean {
    return this.#count >= WAITERS_MAX;
  }

  /** Resolves at news of the topic, after `waitMs`, at the abort or when closed. */
  wait(topic: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed || signal.aborted) return Promise.resolve();
    const waiting = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, waiting);
    this.#count += 1;
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        if (waiting.delete(wake)) this.#count -= 1;
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      signal.addEventListener('abort', wake);
      waiting.add(wake);
    });
  }

  wake(topics: Iterable<string>): void {
    for (const topic of topics) this.#byTopic.get(topic)?.forEach((wake) => wake());
  }

  /** Wakes everybody, and lets nobody wait any more. */
  close(): void {
    this.#isClosed = true;
    this.wake(this.#byTopic.keys());
  }
}
