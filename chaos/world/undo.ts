/** Does what an undo action says. Daemon, reaper and the daemon's successor all come here. */
import type { UndoAction } from '#chaos/core/undo.ts';
import { existsSync, readFileSync } from 'node:fs';
import { isBelow, removeFile, replaceText } from '#chaos/world/files.ts';
import { isStopped, sendSignal, setDataLimit, systemProcesses } from '#chaos/world/processes.ts';

/**
 * Can be done twice, and after the process or the folder is gone.
 *
 * @param root files elsewhere are left alone: a journal is only a file
 */
export async function performUndo(action: UndoAction, root: string): Promise<void> {
  switch (action.kind) {
    case 'continue':
      sendSignal(action.process, 'SIGCONT');
      return;
    case 'data-limit':
      await setDataLimit(action.process, action.soft);
      return;
    case 'write':
      if (isBelow(action.file, root)) await ignoringMissingFolder(replaceText(action.file, action.text));
      return;
    case 'remove':
      if (isBelow(action.file, root)) await ignoringMissingFolder(removeFile(action.file));
      return;
  }
}

/** What is left of the deed that `action` takes back, in words; undefined when nothing is. */
export async function residueOf(action: UndoAction): Promise<string | undefined> {
  switch (action.kind) {
    case 'continue':
      return isStopped(action.process) ? `process ${action.process.pid} is stopped` : undefined;
    case 'data-limit': {
      const segment = await systemProcesses.dataSegment(action.process);
      return segment === undefined || segment.soft === action.soft
        ? undefined
        : `process ${action.process.pid} may have ${segment.soft} bytes of data, not ${action.soft}`;
    }
    case 'write':
      return existsSync(action.file) && readFileSync(action.file, 'utf8') !== action.text
        ? `${action.file} is not as it was`
        : undefined;
    case 'remove':
      return existsSync(action.file) ? `${action.file} is still there` : undefined;
  }
}

async function ignoringMissingFolder(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
