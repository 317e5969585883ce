/** Something to wait for that others announce. */

export class Signal {
  #isSet = false;
  #wake: (() => void) | undefined;

  /** Wakes who waits; without one, the next wait ends at once. */
  notify(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /** Until the next {@link notify}, `timeoutMs` or the abort, whichever is first. For one waiter. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isSet && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
    }
    this.#wake = undefined;
    this.#isSet = false;
  }
}
