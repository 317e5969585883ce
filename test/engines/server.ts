/** A server process with a folder of its own: started, ended, started again. */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import type { Engine } from '#test/engines/engine.ts';
import { spawnLeashed, type Leashed } from '#test/engines/leashed.ts';
import { isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

/** An orderly stop of a JVM on a busy machine. */
const STOP_MS_MAX = 40_000;
const KILL_MS_MAX = 15_000;
const POLL_MS = 40;
/** The end of a log names the reason. */
const LOG_CHARS_SHOWN = 5000;

export interface ServerPlan {
  readonly name: string;
  readonly url: string;
  /** As from {@link serverFolder}; removed with the engine. */
  readonly folder: string;
  readonly command: readonly string[];
  /** `folder` without it. */
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where the program writes the pid of the server, when it is not the server itself. */
  readonly pidFile?: string;
  /** Asked again and again after a start; `log` gives what this run wrote so far. */
  readonly isReady: (log: () => string) => boolean | Promise<boolean>;
  readonly readyMsMax: number;
  /** What an orderly stop may take. */
  readonly stopMsMax?: number;
  /** Asked once, when it is ready first. */
  readonly version: () => string | Promise<string>;
}

/** A new folder for the configuration, data and log of one server. */
export function serverFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `plimsoll-${name}-`));
}

/** @throws Error with the end of its log when it does not become ready */
export async function startServer(plan: ServerPlan): Promise<Engine> {
  const server = new Server(plan);
  try {
    await server.start();
    server.version = await plan.version();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

class Server implements Engine {
  version = 'unknown';
  readonly #plan: ServerPlan;
  readonly #log: string;
  #run: Leashed | undefined;
  #pid = 0;

  constructor(plan: ServerPlan) {
    this.#plan = plan;
    this.#log = join(plan.folder, 'server.log');
  }

  get name(): string {
    return this.#plan.name;
  }

  get url(): string {
    return this.#plan.url;
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.#isRunning()) throw new Error(`${this.name} is running already`);
    const { command, environment = {}, folder, cwd = folder, pidFile, readyMsMax } = this.#plan;
    if (pidFile !== undefined) rmSync(pidFile, { force: true });
    const log = openSync(this.#log, 'w');
    this.#run?.release();
    this.#run = spawnLeashed({
      command,
      environment,
      cwd,
      output: log,
      folder,
      ...(pidFile === undefined ? {} : { pidFile }),
    });
    closeSync(log);
    this.#pid = this.#run.child.pid ?? 0;
    try {
      await until('it to answer', () => this.#isReady(), { timeoutMs: readyMsMax, everyMs: POLL_MS });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const failure = this.#failure(`did not become ready: ${reason}`);
      await this.kill();
      throw failure;
    }
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#gone(KILL_MS_MAX);
  }

  async stop(): Promise<void> {
    const { stopMsMax = STOP_MS_MAX } = this.#plan;
    this.#signal('SIGTERM');
    try {
      await this.#gone(stopMsMax);
    } catch {
      const failure = this.#failure(`did not end within ${stopMsMax} ms of SIGTERM`);
      await this.kill();
      throw failure;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#run?.release();
    rmSync(this.#plan.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #isReady(): Promise<boolean> {
    if (!this.#isRunning()) throw new Error('it ended by itself');
    const { pidFile, isReady } = this.#plan;
    if (pidFile !== undefined) {
      if (!existsSync(pidFile)) return false;
      this.#pid = Number(readFileSync(pidFile, 'utf8'));
    }
    return isReady(() => readFileSync(this.#log, 'utf8'));
  }

  #isRunning(): boolean {
    const child = this.#run?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** To the server; to the program that started it when the server has not told its pid. */
  #signal(signal: 'SIGKILL' | 'SIGTERM'): void {
    if (!this.#isRunning()) return;
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
    // Whoever only waits for the server may be killed with it; it must not be when asked to stop.
    if (signal === 'SIGKILL') present(this.#run, 'it runs').child.kill('SIGKILL');
  }

  async #gone(timeoutMs: number): Promise<void> {
    const pid = this.#pid;
    await until(`${this.name} to be gone`, () => !this.#isRunning() && !isAlive(pid), {
      timeoutMs,
      everyMs: POLL_MS / 2,
    });
  }

  #failure(what: string): Error {
    const log = existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
    return new Error(`${this.name} ${what}\nthe end of its log:\n${log.slice(-LOG_CHARS_SHOWN)}`);
  }
}
