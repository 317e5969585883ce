/** Processes pinned to a core each, ended with the benchmark. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

/** Whether processes can be pinned; the results say so. */
export const CAN_PIN = spawnSync('taskset', ['--version']).status === 0;

const started = new Set<ChildProcess>();

/** Starts `node …args` on one core, in `folder` if given; standard output is a pipe, errors are shown. */
export function startPinned(core: number, args: readonly string[], folder?: string): ChildProcess {
  const command = [process.execPath, ...args];
  const [program = '', ...rest] = CAN_PIN ? ['taskset', '-c', String(core), ...command] : command;
  const child = spawn(program, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

/** Resolves when `child` has ended after SIGTERM. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** For the way out after an error: nothing of ours stays behind. */
export async function stopAll(): Promise<void> {
  await Promise.all([...started].map(stop));
}
