/**
 * Builds the console into `.build/console-HASH`, where the hash is of everything
 * the result depends on: what stands there was built from these very sources.
 * By hand: `node dashboards/console/build.ts [DIRECTORY]`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = path.join(ROOT, 'dashboards', 'console');
const BUILT = path.join(ROOT, '.build');
const PREFIX = 'console-';

/** Where the console of these sources is, once it has been built. Some milliseconds: all sources are read. */
export function consoleDirectory(): string {
  return path.join(BUILT, `${PREFIX}${sourceHash()}`);
}

/** Several at once do no harm: each builds beside, the first one stays. */
export async function buildConsole(directory: string): Promise<void> {
  const beside = path.join(BUILT, `${PREFIX}${process.pid}.tmp`);
  mkdirSync(BUILT, { recursive: true });
  try {
    const [{ build }, { consoleBuild }] = await Promise.all([
      import('vite'),
      import('#dashboards/console/vite.config.ts'),
    ]);
    await build(consoleBuild(beside));
    rename(beside, directory);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  removeOthers(directory);
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Somebody else was faster; from the same sources comes the same console.
    if (!existsSync(to)) throw error;
  }
}

/** Consoles of sources that were; whoever serves one has read it already. */
function removeOthers(directory: string): void {
  for (const name of readdirSync(BUILT)) {
    if (/^console-[0-9a-f]+$/.test(name) && name !== path.basename(directory))
      rmSync(path.join(BUILT, name), { recursive: true, force: true });
  }
}

/** Of everything the result depends on: sources and the versions of the packages. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const names = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tsx?|css|html|js|json)$/.test(name) && !name.endsWith('.test.ts'))
    .toSorted();
  for (const file of [
    ...names.map((name) => path.join(SOURCES, name)),
    path.join(ROOT, 'package-lock.json'),
  ]) {
    const content = readFileSync(file);
    hash.update(`${path.relative(ROOT, file)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.main) {
  const directory = process.argv[2] ?? consoleDirectory();
  const isThere = existsSync(directory);
  if (!isThere) await buildConsole(directory);
  process.stdout.write(`${isThere ? 'is there' : 'built'}: ${path.relative(ROOT, directory)}\n`);
}
