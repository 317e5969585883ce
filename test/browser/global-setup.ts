/** Starts the world once for all browser tests; what it returns ends it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { present } from '#base/invariant.ts';
import { once } from 'node:events';

const WORLD = join(import.meta.dirname, 'world.ts');

export default async function setUp(): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [WORLD], {
    env: { ...process.env, PLIMSOLL_LEASH: '3' },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: present(child.stdout, 'stdout is a pipe') });
  const ready = new Promise<string>((resolve) => lines.once('line', resolve));
  const first = await Promise.race([ready, exited.then(([code]) => Number(code))]);
  if (typeof first === 'number') throw new Error(`the world of the browser tests ended with ${first}`);
  process.env['PLIMSOLL_BROWSER_WORLD'] = first;
  return async () => {
    child.kill('SIGTERM');
    await exited;
  };
}
