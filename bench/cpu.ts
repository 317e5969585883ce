/** CPU time of processes, from /proc (Linux). */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface ProcessTimes {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system, all threads, and of children that have ended and been waited for. */
  readonly ticks: number;
}

/** Ticks a second: 100 everywhere Linux runs today, but it is cheap to ask. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds that `rootPid` and everything it started have used so far. */
export function cpuSecondsOfTree(rootPid: number): number {
  const all = processes();
  const inTree = new Set([rootPid]);
  // Children have been started after their parents, but pids wrap: go on until nothing is added.
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parentPid } of all) {
      if (inTree.has(pid) || !inTree.has(parentPid)) continue;
      inTree.add(pid);
      grown = true;
    }
  }
  const ticks = all.filter(({ pid }) => inTree.has(pid)).reduce((sum, { ticks: own }) => sum + own, 0);
  return ticks / TICKS_PER_SECOND;
}

function processes(): ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readStat(name);
      return stat === undefined ? [] : [parseStat(Number(name), stat)];
    });
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

/** proc_pid_stat(5): the name in parentheses may hold anything, so count from its end. */
export function parseStat(pid: number, stat: string): ProcessTimes {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parentPid = 0] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  return { pid, parentPid, ticks };
}
