/**
 * Starts a program that cannot outlive this process. A shell becomes the program
 * by `exec`, after it has left a watcher behind that reads from the leash, a
 * pipe only we write to. The end of the leash comes however this process ends:
 * the watcher then ends the program and removes its folder. Two words call it off:
 * `ended`, there is no program left to end, and `done`, nor a folder to remove.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { present } from '#base/invariant.ts';

/**
 * `$0` is the folder to remove (or empty), `$1` a file with the pid of a further
 * process (or empty). The group goes last: the watcher itself is part of it.
 */
const SHELL = `
folder=$0; pid_file=$1; shift
{
  trap '' INT TERM HUP
  ended=
  while read -r word <&3; do
    [ "$word" != 'done' ] || exit
    ended=yes
  done
  [ -n "$ended" ] || {
    kill -KILL $$
    [ -z "$pid_file" ] || kill -KILL "$(cat "$pid_file")"
    kill -TERM -$$
  }
  [ -z "$folder" ] || { sleep 0.3; rm -rf -- "$folder"; }
} </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

export interface LeashedOptions {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where both output streams go: an open file, or a pipe to us. */
  readonly output: number | 'pipe';
  /** Removed when this process dies first, also after the program has ended; until {@link Leashed.release}. */
  readonly folder?: string;
  /** Names a process that does not end with the program itself. */
  readonly pidFile?: string;
}

export interface Leashed {
  /** The program itself, in a process group of its own; neither it nor its pipes keep this process alive. */
  readonly child: ChildProcess;
  /** The program has ended, and its folder is ours again. */
  release(): void;
}

export function spawnLeashed({ output, folder = '', pidFile = '', ...options }: LeashedOptions): Leashed {
  const child = spawn('/bin/sh', ['-c', SHELL, folder, pidFile, ...options.command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  const leash = present(child.stdio[3] as Writable | null, 'fd 3 is a pipe');
  // The watcher may be gone before it is called off.
  leash.on('error', () => {});
  const release = (): void => void leash.end('done\n');
  child.once('exit', () => (folder === '' ? release() : leash.write('ended\n')));
  child.unref();
  if ('unref' in leash) (leash as Writable & { unref(): void }).unref();
  return { child, release };
}
