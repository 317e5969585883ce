/** The journal of faults on disk: every line durable before it returns. */
import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { formatLine, replay, type JournalLine, type Replay } from '#chaos/core/journal.ts';

/** At a start, a journal longer than this is put aside, replacing the one put aside before. */
const JOURNAL_BYTES_MAX = 4 * 1024 * 1024;

export class JournalFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @returns the journal, and what the one before left undone */
  static async open(folder: string): Promise<{ readonly journal: JournalFile; readonly left: Replay }> {
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'faults.ndjson');
    const text = readIfThere(file);
    const left = replay(text);
    if (text.length > JOURNAL_BYTES_MAX && left.unfinished.length === 0) await rename(file, `${file}.1`);
    const handle = await open(file, 'a');
    // A torn last line must not swallow the next one.
    if (text !== '' && !text.endsWith('\n')) await handle.appendFile('\n');
    return { journal: new JournalFile(handle), left };
  }

  /** Lines land in the order of the calls. @throws the system's error */
  append(line: JournalLine): Promise<void> {
    const done = this.#last.then(async () => {
      await this.#handle.appendFile(formatLine(line));
      await this.#handle.datasync();
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
