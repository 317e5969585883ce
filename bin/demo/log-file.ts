/** A log file with a budget: at half of it the file is put aside, replacing the one put aside before. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Both files of one process together: an hour of a busy demo, and no more of anybody's disk. */
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

export class LogFile implements Disposable {
  readonly path: string;
  readonly #bytesMax: number;
  #fd: number;
  #bytes: number;

  /** Goes on with what is there. @throws the system's error when it cannot be opened */
  constructor(path: string, bytesMax = LOG_BYTES_MAX) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openSync(path, 'a');
    this.#bytes = fstatSync(this.#fd).size;
  }

  /** Best effort: a full disk must not take down what is being logged. */
  write(chunk: Uint8Array): void {
    try {
      this.#bytes += writeSync(this.#fd, chunk);
      if (this.#bytes >= this.#bytesMax / 2) this.#rotate();
    } catch {
      this.#bytes += 0;
    }
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    closeSync(this.#fd);
    this.#fd = openSync(this.path, 'a');
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
