/**
 * What users saw, a line a request: the ground truth against which alerts are
 * judged. Written in the background; bounded on disk by two files and in memory
 * by a buffer, and what does not fit is counted.
 */
import { close, openSync, renameSync, statSync, write } from 'node:fs';

/** One line of the log. */
export interface LoggedRequest {
  /** Epoch milliseconds, as all times here. */
  readonly intendedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly journey: string;
  readonly step: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly error: string | null;
}

/** When it is full it becomes `FILE.1` and takes the place of the one before: half an hour at 200 requests a second. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Held while the disk is slow: ten minutes at 200 requests a second. */
const HELD_CHARS_MAX = 16 * 1024 * 1024;
/** Whoever follows the file sees a request so much later at most. */
const FLUSH_MS = 100;

export class EventLog implements AsyncDisposable {
  readonly #file: string;
  readonly #bytesMax: number;
  readonly #timer: NodeJS.Timeout;
  #descriptor: number;
  #bytes: number;
  #held: string[] = [];
  #heldChars = 0;
  #linesLost = 0;
  #writing: Promise<void> | undefined;

  /** @throws Error when the file cannot be opened */
  constructor(file: string, bytesMax = FILE_BYTES_MAX) {
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#descriptor = openSync(file, 'a');
    this.#bytes = statSync(file).size;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  /** Lines that did not reach the disk. */
  get linesLost(): number {
    return this.#linesLost;
  }

  add(request: LoggedRequest): void {
    const line = `${JSON.stringify(request)}\n`;
    if (this.#heldChars + line.length > HELD_CHARS_MAX) {
      this.#linesLost += 1;
      return;
    }
    this.#held.push(line);
    this.#heldChars += line.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    this.#flush();
    await this.#writing;
    await new Promise<void>((resolve) => close(this.#descriptor, () => resolve()));
  }

  /** Starts a write if none is under way; whole lines always go into one file. */
  #flush(): void {
    if (this.#writing !== undefined || this.#held.length === 0) return;
    const lines = this.#held;
    const bytes = Buffer.from(lines.join(''));
    this.#held = [];
    this.#heldChars = 0;
    this.#writing = this.#store(bytes)
      .catch(() => void (this.#linesLost += lines.length))
      .finally(() => (this.#writing = undefined));
  }

  async #store(bytes: Buffer): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
    for (let at = 0; at < bytes.length;) at += await this.#writeSome(bytes.subarray(at));
    this.#bytes += bytes.length;
  }

  #writeSome(bytes: Buffer): Promise<number> {
    return new Promise((resolve, reject) =>
      write(this.#descriptor, bytes, (error, written) => (error === null ? resolve(written) : reject(error))),
    );
  }

  #rotate(): void {
    renameSync(this.#file, `${this.#file}.1`);
    const full = this.#descriptor;
    this.#descriptor = openSync(this.#file, 'a');
    this.#bytes = 0;
    close(full, () => {});
  }
}
