/** The newest pages, kept for whoever asks: bounded by number and by size. */

export const PAGES_KEPT_MAX = 500;
/** A page has a few KiB; one may have 4 MiB, and 500 of these must not be kept. */
export const PAGE_CHARS_MAX = 8 * 1024 * 1024;

export class PageBook {
  readonly #pagesMax: number;
  readonly #charsMax: number;
  /** Each a page in JSON, oldest first. */
  readonly #pages: string[] = [];
  #chars = 0;

  constructor(pagesMax = PAGES_KEPT_MAX, charsMax = PAGE_CHARS_MAX) {
    this.#pagesMax = pagesMax;
    this.#charsMax = charsMax;
  }

  /** The oldest give way; the newest is kept whatever its size. */
  add(json: string): void {
    this.#pages.push(json);
    this.#chars += json.length;
    while (this.#pages.length > this.#pagesMax || (this.#chars > this.#charsMax && this.#pages.length > 1))
      this.#chars -= this.#pages.shift()?.length ?? 0;
  }

  /** `{"pages": […]}`, newest first. */
  json(limit: number): string {
    return `{"pages":[${this.#pages.slice(-limit).toReversed().join(',')}]}`;
  }
}
