/**
 * A program of the demo: started in its own process group and on a leash, its
 * output into a log file, started again when it dies, stopped when told.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sleep } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';
import { LogFile } from '#bin/demo/log-file.ts';

/**
 * - `idle`: not started yet;
 * - `running`: there is a process;
 * - `down`: it died and comes back after a pause;
 * - `stopped`: for good.
 */
export type ChildState = 'idle' | 'running' | 'down' | 'stopped';

export interface ChildDefinition {
  readonly name: string;
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
  /** False: its death is the end of the demo. */
  readonly comesBack: boolean;
}

/** The process of a child, in a way that a recycled pid is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (proc(5)): start time in clock ticks since boot. */
  readonly startTicks: number;
}

const RESTART_MS_MIN = 250;
const RESTART_MS_MAX = 2000;
/** Up for so long, the next death counts as a first one. */
const STEADY_MS = 10_000;
const READY_POLL_MS = 25;
const READY_TIMEOUT_MS = 1000;
/** Of the last output, for the error that says why it did not start. */
const TAIL_CHARS = 2000;

export interface ChildEvents {
  /** A process was started. */
  readonly onProcess: (name: string, identity: ProcessIdentity) => void;
  /** A process ended that nobody had told to. */
  readonly onDeath: (name: string, how: string) => void;
}

export class Child {
  readonly definition: ChildDefinition;
  readonly #events: ChildEvents;
  readonly #log: LogFile;
  #state: ChildState = 'idle';
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restartMs = RESTART_MS_MIN;
  #tail = '';
  restarts = 0;

  constructor(definition: ChildDefinition, events: ChildEvents) {
    this.definition = definition;
    this.#events = events;
    this.#log = new LogFile(definition.logFile);
  }

  get state(): ChildState {
    return this.#state;
  }

  /** The end of what it last wrote. */
  get tail(): string {
    return this.#tail.trimEnd();
  }

  start(): void {
    const { args, env, name } = this.definition;
    const startedMs = systemClock.monotonicMs();
    const child = spawn(process.execPath, args, {
      env: { ...env, PLIMSOLL_LEASH: '3' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process = child;
    this.#state = 'running';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => this.#heard(chunk));
    // The leash itself is never written to; a child that dies resets it.
    child.stdio[3]?.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      let failure: string | undefined;
      child.once('error', (error) => {
        failure = error.message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        resolve();
        this.#ended(failure ?? signal ?? `exit code ${String(code)}`, startedMs);
      });
    });
    const identity = identityOf(child.pid);
    if (identity !== undefined) this.#events.onProcess(name, identity);
  }

  /** Resolves once it answers; rejects when it ended for good before, or at the abort. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!(await this.#answers())) {
      signal.throwIfAborted();
      if (this.#state === 'stopped') throw new Error(`${this.definition.name} ended:\n${this.tail}`);
      await sleep(systemClock, READY_POLL_MS, signal);
    }
  }

  /** SIGTERM, and SIGKILL for what is still there after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const child = this.#process;
    const wasRunning = this.#state === 'running';
    this.#state = 'stopped';
    if (child !== undefined && wasRunning) {
      child.kill('SIGTERM');
      // One that is stopped by a signal would never hear the other.
      child.kill('SIGCONT');
      const timer = systemClock.startTimer(graceMs, () => void child.kill('SIGKILL'));
      await this.#exited;
      timer.cancel();
    }
    this.#log[Symbol.dispose]();
  }

  #heard(chunk: Buffer): void {
    if (this.#state === 'stopped') return;
    this.#tail = (this.#tail + chunk.toString('utf8')).slice(-TAIL_CHARS);
    this.#log.write(chunk);
  }

  #ended(how: string, startedMs: number): void {
    if (this.#state === 'stopped') return;
    const { name, comesBack } = this.definition;
    this.#state = comesBack ? 'down' : 'stopped';
    this.#events.onDeath(name, how);
    if (!comesBack) return;
    if (systemClock.monotonicMs() - startedMs >= STEADY_MS) this.#restartMs = RESTART_MS_MIN;
    systemClock.startTimer(this.#restartMs, () => {
      if (this.#state !== 'down') return;
      this.restarts += 1;
      this.start();
    });
    this.#restartMs = Math.min(2 * this.#restartMs, RESTART_MS_MAX);
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(this.definition.readyUrl, {
        signal: AbortSignal.timeout(READY_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}

/** Undefined when there is no such process (any more). */
export function identityOf(pid: number | undefined): ProcessIdentity | undefined {
  if (pid === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may hold anything; fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
