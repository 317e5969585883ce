/** A map that forgets what was not asked for the longest when it is full, and everything that is too old. */

export interface LruOptions {
  readonly entriesMax: number;
  /** Age after which an entry is as good as absent. */
  readonly ageMsMax: number;
}

interface Entry<V> {
  readonly value: V;
  readonly storedMs: number;
}

export class Lru<V> {
  readonly #options: LruOptions;
  /** In order of use, the oldest first. */
  readonly #entries = new Map<string, Entry<V>>();

  constructor(options: LruOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (nowMs - entry.storedMs >= this.#options.ageMsMax) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, storedMs: nowMs });
    if (this.#entries.size <= this.#options.entriesMax) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
