/** Processes of a program under test, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

interface ProcessStat {
  readonly parent: number;
  readonly state: string;
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything, spaces and parentheses too.
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), state };
  } catch {
    return undefined;
  }
}

/** Running, stopped or sleeping; a zombie is gone. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
}

/** `pid` and everything it started that still hangs on it, `pid` first. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const candidate = Number(name);
    if (!Number.isInteger(candidate)) continue;
    const parent = statOf(candidate)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), candidate]);
  }
  const tree = [pid];
  for (const known of tree) tree.push(...(children.get(known) ?? []));
  return tree;
}

/** Resident memory in bytes; 0 once it is gone. */
export function residentBytes(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Words of the command line, for reports; the last path component of scripts only. */
export function commandOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const script = words.find((word) => /\.[cm]?[jt]s$/.test(word)) ?? words[0] ?? '';
    return script.split('/').at(-1) ?? script;
  } catch {
    return 'gone';
  }
}
