/**
 * What a query reads must not go away under it: tables and files are released
 * when the last query that started before their end has finished.
 */
export class Leases {
  readonly #held = new Set<number>();
  #next = 1;
  #doomed: { readonly at: number; readonly release: () => void }[] = [];

  /** Begins a use of everything that is not doomed yet; call the result once. */
  take(): () => void {
    const lease = this.#next++;
    this.#held.add(lease);
    return () => {
      this.#held.delete(lease);
      this.#sweep();
    };
  }

  /** Calls `release` once no lease from before now is held. */
  doom(release: () => void): void {
    this.#doomed.push({ at: this.#next++, release });
    this.#sweep();
  }

  #sweep(): void {
    const oldest = Math.min(...this.#held);
    const free = this.#doomed.filter((doomed) => doomed.at < oldest);
    this.#doomed = this.#doomed.filter((doomed) => doomed.at >= oldest);
    for (const { release } of free) release();
  }
}
