/** CPU time of processes, from /proc (Linux). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { processTree } from '#test/support/processes.ts';

/** Ticks a second: 100 everywhere Linux runs today, but it is cheap to ask. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds that `rootPid` and everything it started have used so far. */
export function cpuSecondsOfTree(rootPid: number): number {
  const ticks = processTree(rootPid).reduce((sum, pid) => sum + ticksOf(pid), 0);
  return ticks / TICKS_PER_SECOND;
}

function ticksOf(pid: number): number {
  try {
    return parseTicks(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // It ended while we looked; its parent has its ticks now.
    return 0;
  }
}

/**
 * User and system ticks of all threads, and of children that ended and were
 * waited for. proc_pid_stat(5): the name in parentheses may hold anything, so
 * count from its end.
 */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
}
