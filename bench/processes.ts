/** Processes pinned to a core each, ended with the benchmark. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

/** Whether processes can be pinned; the results say so. */
export const CAN_PIN = spawnSync('taskset', ['--version']).status === 0;

const started = new Set<ChildProcess>();

/** Starts `node …args` on one core, in `folder` if given; standard output is a pipe, errors are shown. */
export function startPinned(core: number, args: readonly string[], folder?: string): ChildProcess {
  return startProgramPinned(core, [process.execPath, ...args], folder);
}

/** The same with any program. */
export function startProgramPinned(core: number, command: readonly string[], folder?: string): ChildProcess {
  const [program = '', ...rest] = CAN_PIN ? ['taskset', '-c', String(core), ...command] : command;
  const child = spawn(program, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

/** Moves a process that runs already, with all its threads. */
export function pin(core: number, pid: number): void {
  if (!CAN_PIN) return;
  const { status, stderr } = spawnSync('taskset', [
    '--all-tasks',
    '--cpu-list',
    '--pid',
    String(core),
    String(pid),
  ]);
  if (status !== 0) throw new Error(`process ${pid} cannot be pinned: ${String(stderr)}`);
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
