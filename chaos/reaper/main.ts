/**
 * The reaper: a process in a session of its own that outlives the daemon just
 * long enough to free what the daemon holds. It reads from the daemon through a
 * pipe, which ends however the daemon ends; it acts at the end of the pipe, and
 * while the daemon is silent.
 *
 *     node chaos/reaper/main.ts ROOT      ROOT: files elsewhere are left alone
 */
import { createInterface } from 'node:readline';
import { errorText } from '#base/errors.ts';
import type { UndoAction } from '#chaos/core/undo.ts';
import { readMessage, ReaperWatch } from '#chaos/reaper/core/watch.ts';
import { machineMs } from '#chaos/world/monotonic.ts';
import { performUndo } from '#chaos/world/undo.ts';

/** How often it looks whether the daemon still speaks. */
const LOOK_EVERY_MS = 100;

const [, , root = process.cwd()] = process.argv;
const watch = new ReaperWatch(machineMs());

/** One that fails must not keep the others from being done. */
async function perform(actions: readonly UndoAction[]): Promise<void> {
  for (const action of actions) {
    try {
      await performUndo(action, root);
    } catch (error) {
      process.stderr.write(`reaper: ${JSON.stringify(action)}: ${errorText(error)}\n`);
    }
  }
}

async function finish(): Promise<never> {
  await perform(watch.all());
  process.exit(0);
}

// The terminal's signals are meant for others; being told to go means to free first.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void finish());
// The daemon that would read the answers may be gone.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
setInterval(() => void perform(watch.due(machineMs())), LOOK_EVERY_MS);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = readMessage(line);
  if (message === undefined) return;
  watch.hear(message, machineMs());
  if (message.kind === 'arm') process.stdout.write('armed\n');
});
lines.once('close', () => void finish());
