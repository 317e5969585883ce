/** What this machine offers to faults, asked once. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '#chaos/faults/fault.ts';
import { statOf } from '#chaos/world/processes.ts';

/** Where distributions put it. */
const FAKETIME_PLACES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
  '/usr/local/lib/faketime/libfaketime.so.1',
];

export function thisMachine(): Machine {
  return {
    hasProc: statOf(process.pid) !== undefined,
    isRoot: process.getuid?.() === 0,
    prlimit: onPath('prlimit'),
    libfaketime: FAKETIME_PLACES.find((file) => existsSync(file)),
  };
}

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
