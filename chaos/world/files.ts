/** Files that faults on disk and clock touch; always below a folder of the demo. */
import { readFileSync, statfsSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import type { Files } from '#chaos/faults/fault.ts';
import { isThere } from '#chaos/world/processes.ts';

const BLOCK = new Uint8Array(64 * 1024);

/** Whether `file` lies below `folder`; both are made absolute, links are not followed. */
export function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(path.resolve(folder), path.resolve(file));
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

/** @param root folder of the demo; clock files elsewhere are none */
export function systemFiles(root: string): Files {
  return {
    tmpfsBytes,
    fill,
    write: replaceText,
    clockFileOf(target) {
      const file = environmentOf(target)?.get('FAKETIME_TIMESTAMP_FILE');
      return file !== undefined && isBelow(file, root) && hasFaketime(target) ? file : undefined;
    },
  };
}

export async function replaceText(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

/** Fine when it is not there. */
export function removeFile(file: string): Promise<void> {
  return rm(file, { force: true });
}

/** The fields of /proc/self/mountinfo are explained in proc(5). */
function tmpfsBytes(dir: string): number | undefined {
  try {
    const wanted = path.resolve(dir);
    const isTmpfs = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .some((line) => {
        const [before = '', after = ''] = line.split(' - ');
        return before.split(' ')[4] === wanted && after.startsWith('tmpfs ');
      });
    if (!isTmpfs) return undefined;
    const { bsize, blocks } = statfsSync(wanted);
    return bsize * blocks;
  } catch {
    return undefined;
  }
}

async function fill(file: string): Promise<number> {
  const handle = await open(file, 'a');
  try {
    // First in large steps, then to the last byte.
    for (let block = BLOCK; block.length > 0; block = block.subarray(0, Math.floor(block.length / 2)))
      while (await appended(handle, block));
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function appended(handle: Awaited<ReturnType<typeof open>>, block: Uint8Array): Promise<boolean> {
  try {
    const { bytesWritten } = await handle.write(block);
    return bytesWritten === block.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

function environmentOf(target: ProcessIdentity): ReadonlyMap<string, string> | undefined {
  const text = textOf(target, 'environ');
  if (text === undefined) return undefined;
  return new Map(
    text.split('\0').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function hasFaketime(target: ProcessIdentity): boolean {
  return /\/libfaketime[^/\s]*\.so/.test(textOf(target, 'maps') ?? '');
}

function textOf(target: ProcessIdentity, name: 'environ' | 'maps'): string | undefined {
  if (!isThere(target)) return undefined;
  try {
    return readFileSync(`/proc/${target.pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
