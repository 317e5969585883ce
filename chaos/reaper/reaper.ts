/** The daemon's end of the reaper: started before the first fault that outlives a process. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { within } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import type { UndoAction } from '#chaos/core/undo.ts';
import type { ReaperMessage } from '#chaos/reaper/core/watch.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A start of Node on a busy machine, and room. */
const ARM_MS_MAX = 10_000;

type ReaperProcess = ChildProcessByStdio<Writable, Readable, null>;

export class Reaper implements Disposable {
  readonly #root: string;
  readonly #onLost: () => void;
  #process: ReaperProcess | undefined;
  /** Those who wait for "armed", in the order of their asking. */
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /**
   * @param root files elsewhere are left alone
   * @param onLost it died although it was needed: whatever it guarded must end now
   */
  constructor(root: string, onLost: () => void) {
    this.#root = root;
    this.#onLost = onLost;
  }

  /** Undefined before the first fault that needs it. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves once the reaper would do it. @throws CodedError `PLIM_FAULT_FAILED` */
  async arm(id: string, undo: UndoAction): Promise<void> {
    const reaper = (this.#process ??= this.#start());
    const armed = new Promise<true>((resolve, reject) =>
      this.#waiting.push({ resolve: () => resolve(true), reject }),
    );
    this.#say(reaper, { kind: 'arm', id, undo });
    if ((await within(systemClock, ARM_MS_MAX, armed)) === undefined)
      throw new CodedError('PLIM_FAULT_FAILED', `the reaper did not answer within ${ARM_MS_MAX} ms`);
  }

  disarm(id: string): void {
    if (this.#process !== undefined) this.#say(this.#process, { kind: 'disarm', id });
  }

  /** To be called more often than the reaper's patience lasts. */
  beat(): void {
    if (this.#process !== undefined) this.#say(this.#process, { kind: 'beat' });
  }

  /** It ends by itself, after doing what is still armed. */
  [Symbol.dispose](): void {
    const reaper = this.#process;
    this.#process = undefined;
    reaper?.stdin.end();
  }

  #say(reaper: ReaperProcess, message: ReaperMessage): void {
    reaper.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #start(): ReaperProcess {
    // A session of its own: no signal to our group, no closing terminal reaches it.
    const child = spawn(process.execPath, [MAIN, this.#root], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', () => this.#waiting.shift()?.resolve());
    const lost = (): void => {
      const error = new CodedError('PLIM_FAULT_FAILED', 'the reaper ended; without it nothing is struck');
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#onLost();
    };
    child.once('error', lost);
    child.once('exit', lost);
    return child;
  }
}
