/**
 * The engines folder: what was fetched or built once, shared by all test runs of
 * this user. An entry is filled beside its place and moved there whole, under a
 * lock that the kernel frees when its holder dies.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  existsSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Missing } from '#test/engines/engine.ts';
import { spawnLeashed } from '#test/engines/leashed.ts';
import { CannotPrepare, findOnPath } from '#test/engines/tool.ts';
import { until } from '#test/support/wait.ts';

const COMPLETE = '.complete';
/** Another process may be fetching a gigabyte. */
const LOCK_MS_MAX = 900_000;
/** What just failed fails again: the other files of a run need not find out. */
const FAILURE_KEPT_MS = 300_000;

/** `PLIMSOLL_ENGINES_DIR`, else `plimsoll/engines` in the user's cache. */
export function enginesFolder(): string {
  const named = process.env['PLIMSOLL_ENGINES_DIR'];
  if (named !== undefined && named !== '') return named;
  const cache = process.env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'plimsoll', 'engines');
}

/** The complete entry `name`, if there is one. */
export function enginesEntry(name: string): string | undefined {
  const entry = join(enginesFolder(), name);
  return existsSync(join(entry, COMPLETE)) ? entry : undefined;
}

/**
 * The complete entry `name`; made first if it is not there.
 *
 * @param fill puts everything into the folder it is given; throws
 *   {@link CannotPrepare} when that is not possible here
 */
export async function preparedEntry(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string | Missing> {
  const known = enginesEntry(name);
  if (known !== undefined) return known;
  try {
    const entry = await makeEntry(name, fill);
    return entry;
  } catch (error) {
    if (!(error instanceof CannotPrepare)) throw error;
    return { missing: `${name} cannot be prepared: ${error.message}` };
  }
}

async function makeEntry(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const root = enginesFolder();
  mkdirSync(root, { recursive: true });
  using _lock = await lock(join(root, `${name}.lock`));
  const made = enginesEntry(name);
  if (made !== undefined) return made;
  const failure = join(root, `${name}.failed`);
  const failedBefore = recentFailure(failure);
  if (failedBefore !== undefined) throw new CannotPrepare(`${failedBefore} (remove ${failure} to try again)`);
  // Of a maker that was killed.
  for (const left of globSync(`${name}.part-*`, { cwd: root })) rmSync(join(root, left), { recursive: true });
  const draft = mkdtempSync(join(root, `${name}.part-`));
  try {
    await fill(draft);
    // Servers that refuse to run as root have to read it too.
    chmodSync(draft, 0o755);
    writeFileSync(join(draft, COMPLETE), '');
    rmSync(join(root, name), { recursive: true, force: true });
    renameSync(draft, join(root, name));
    rmSync(failure, { force: true });
    return join(root, name);
  } catch (error) {
    if (error instanceof CannotPrepare) writeFileSync(failure, error.message);
    throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function recentFailure(file: string): string | undefined {
  if (!existsSync(file) || Date.now() - statSync(file).mtimeMs > FAILURE_KEPT_MS) return undefined;
  return readFileSync(file, 'utf8');
}

/** Held by a child that ends with us, so that nothing stays locked. */
async function lock(file: string): Promise<Disposable> {
  const flock = findOnPath('flock');
  if (flock === undefined) throw new CannotPrepare('no flock on the PATH (Debian: apt install util-linux)');
  const { child: holder } = spawnLeashed({
    command: [flock, '--exclusive', file, 'sh', '-c', 'echo held; exec sleep infinity'],
    cwd: '/',
    output: 'pipe',
  });
  let said = '';
  holder.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await until(`the lock ${file}`, () => said.includes('held'), { timeoutMs: LOCK_MS_MAX });
  } catch (error) {
    killGroup(holder.pid);
    throw error;
  }
  return { [Symbol.dispose]: () => killGroup(holder.pid) };
}

/** The lock is held by whoever has the file open: flock and what it started. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
