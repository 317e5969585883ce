/**
 * Servers from Debian's packages, without installing them: fetched and unpacked
 * into the engines folder, so that no service is set up or started.
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Missing } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { CannotPrepare, findOnPath, isProgram, runTool } from '#test/engines/tool.ts';

/** Of the package, beside what was unpacked. */
const VERSION_FILE = 'version';
const DOWNLOAD_MS_MAX = 300_000;
const UPDATE_MS_MAX = 120_000;
const UNPACK_MS_MAX = 60_000;

export interface DebianProgram {
  /** Its names on the PATH. */
  readonly names: readonly string[];
  /** Where it stands in the package: `usr/bin/prometheus`. */
  readonly file: string;
  /** What is unpacked together, the package of the program first. */
  readonly packages: readonly string[];
  /** Called once with the folder into which they were unpacked. */
  readonly finish?: (folder: string) => void;
}

/** The program on the PATH, else out of its package. */
export async function debianProgram(program: DebianProgram): Promise<string | Missing> {
  const { names, file, packages, finish } = program;
  const installed = findOnPath(...names);
  if (installed !== undefined) return installed;
  const entry = await preparedEntry(`debian-${packages[0] ?? ''}`, async (folder) => {
    await unpackPackages(packages, folder);
    if (!isProgram(join(folder, file))) throw new CannotPrepare(`${packages.join(', ')}: no ${file} in them`);
    finish?.(folder);
  });
  return typeof entry === 'string' ? join(entry, file) : entry;
}

/** For a server that does not tell its own; undefined when it was installed. */
export function packagedVersion(program: string, { file }: DebianProgram): string | undefined {
  const noted = join(program.slice(0, -file.length), VERSION_FILE);
  return existsSync(noted) ? readFileSync(noted, 'utf8') : undefined;
}

async function unpackPackages(packages: readonly string[], folder: string): Promise<void> {
  if (findOnPath('apt-get') === undefined || findOnPath('dpkg') === undefined) {
    throw new CannotPrepare(`not on the PATH, and this is no Debian to take ${packages.join(', ')} from`);
  }
  const fetched = join(folder, 'fetched');
  mkdirSync(fetched);
  await download(packages, fetched);
  for (const file of globSync('*.deb', { cwd: fetched })) {
    await runTool(['dpkg', '--extract', join(fetched, file), folder], {
      cwd: folder,
      timeoutMs: UNPACK_MS_MAX,
    });
    const [name = '', version = ''] = file.split('_');
    if (name === packages[0]) writeFileSync(join(folder, VERSION_FILE), decodeURIComponent(version));
  }
  rmSync(fetched, { recursive: true });
}

/** With the package lists at hand; root may bring them up to date when that is not enough. */
async function download(packages: readonly string[], folder: string): Promise<void> {
  const fetch = (): Promise<string> =>
    runTool(['apt-get', '--quiet', 'download', ...packages], { cwd: folder, timeoutMs: DOWNLOAD_MS_MAX });
  try {
    await fetch();
  } catch (error) {
    if (process.getuid?.() !== 0) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CannotPrepare(`${reason} (only root can bring the package lists up to date: apt-get update)`);
    }
    await runTool(['apt-get', '--quiet', 'update'], { cwd: folder, timeoutMs: UPDATE_MS_MAX });
    await fetch();
  }
}
