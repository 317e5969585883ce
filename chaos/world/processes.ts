/** Processes by pid and start time: nothing is sent to a pid that is not proven to be the one meant. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import type { DataSegment, Processes } from '#chaos/faults/fault.ts';

const run = promisify(execFile);
/** prlimit does one system call; a machine on which that takes longer is lost. */
const PRLIMIT_MS_MAX = 5000;

/** A supervisor's child is one or two below it; a chain longer than this is a circle of recycled pids. */
const PARENTS_MAX = 64;

interface ProcessStat {
  /** One letter; T is stopped by a signal, Z has ended but is not yet buried. */
  readonly state: string;
  readonly parentPid: number;
  readonly startTicks: number;
}

/** From /proc/PID/stat (proc(5)); undefined when the process is gone. */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may hold anything; fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parentPid: Number(fields[1]), startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** Whether the process is still there and has not ended. */
export function isThere({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

/** Whether a signal has stopped it. */
export function isStopped(process: ProcessIdentity): boolean {
  return isThere(process) && statOf(process.pid)?.state === 'T';
}

/** Sends `name` to exactly that process. False when it is gone. @throws when we may not */
export function sendSignal(target: ProcessIdentity, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): boolean {
  if (!isThere(target)) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Sets the soft limit of the data segment, bytes or `unlimited`; the hard one stays. False when it is gone. */
export async function setDataLimit(target: ProcessIdentity, soft: string): Promise<boolean> {
  if (!isThere(target)) return false;
  try {
    await prlimit(target.pid, `--data=${soft}:`);
    return true;
  } catch (error) {
    if (!isThere(target)) return false;
    throw error;
  }
}

function isBelow(process: ProcessIdentity, supervisor: ProcessIdentity): boolean {
  if (!isThere(process) || !isThere(supervisor)) return false;
  let pid: number | undefined = statOf(process.pid)?.parentPid;
  for (let steps = 0; steps < PARENTS_MAX && pid !== undefined && pid > 1; steps += 1) {
    if (pid === supervisor.pid) return true;
    pid = statOf(pid)?.parentPid;
  }
  return false;
}

export const systemProcesses: Processes = {
  isThere,
  isBelow,
  signal: sendSignal,
  limitData: (target, softBytes) => setDataLimit(target, String(softBytes)),
  async dataSegment(target): Promise<DataSegment | undefined> {
    if (!isThere(target)) return undefined;
    try {
      const status = readFileSync(`/proc/${target.pid}/status`, 'utf8');
      const usedKib = /^VmData:\s+(\d+) kB$/m.exec(status)?.[1];
      if (usedKib === undefined) return undefined;
      const soft = await prlimit(target.pid, '--data', '--output', 'SOFT', '--noheadings', '--raw');
      return { usedBytes: Number(usedKib) * 1024, soft: soft.trim() };
    } catch (error) {
      if (!isThere(target)) return undefined;
      throw error;
    }
  },
};

async function prlimit(pid: number, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('prlimit', ['--pid', String(pid), ...args], { timeout: PRLIMIT_MS_MAX });
  return stdout;
}
