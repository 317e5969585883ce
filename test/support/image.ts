/**
 * What the image holds, as a folder: the sources its Dockerfile copies and the
 * console it builds. Packages are linked from ours, those of development left
 * out, or installed by whoever tests that.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { present } from '#base/invariant.ts';
import { consoleDirectory } from '#dashboards/console/build.ts';
import { copiedFromTree, readStages } from '#test/tidy/image.ts';
import { readText, ROOT } from '#test/tidy/source.ts';

const run = promisify(execFile);

/** Sources, manifests and console, without packages. */
export async function copySources(app: string): Promise<void> {
  const stages = readStages(readText('Dockerfile'));
  const manifests = present(stages[0], 'a first stage');
  const image = present(stages.at(-1), 'a last stage');
  for (const source of [...copiedFromTree(manifests), ...copiedFromTree(image)]) {
    const from = path.join(ROOT, source);
    const to = path.join(app, source);
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(from, to, { recursive: true, filter: (file) => !isLeftOut(file) });
  }
  const directory = consoleDirectory();
  if (!existsSync(directory)) await run(process.execPath, [path.join(ROOT, 'dashboards/console/build.ts')]);
  cpSync(directory, path.join(app, path.relative(ROOT, directory)), { recursive: true });
}

/** By `.dockerignore`. */
function isLeftOut(file: string): boolean {
  return file.endsWith('.test.ts') || path.basename(file) === 'node_modules';
}

interface LockEntry {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
}

/** The packages that `npm ci --omit=dev` leaves, as links to ours. */
export function linkPackages(app: string): void {
  const lock = JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockEntry> };
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (!place.startsWith('node_modules/') || entry.dev === true || /\/node-linux-/.test(place)) continue;
    const to = path.join(app, place);
    mkdirSync(path.dirname(to), { recursive: true });
    if (entry.link === true) symlinkSync(path.join(app, entry.resolved ?? ''), to);
    else if (existsSync(path.join(ROOT, place))) linkTree(path.join(ROOT, place), to);
  }
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    // What stands inside is a package with an entry of its own.
    if (entry.name === 'node_modules') continue;
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isFile()) linkOrCopy(source, target);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // The temporary folder is on another file system.
    copyFileSync(source, target);
  }
}

/** Every file below, with its size and time: nobody may write there. */
export function fingerprint(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('node_modules'))
    .map((name) => {
      const { size, mtimeMs } = statSync(path.join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
}

/** The command of the image's health check against `url`; whether it says healthy. */
export async function isHealthy(app: string, url: string): Promise<boolean> {
  const [, text = ''] = /^HEALTHCHECK [^]*?CMD (\[.*\])$/m.exec(readText('Dockerfile')) ?? [];
  const [, ...words] = JSON.parse(text) as string[];
  const env = { ...process.env, HEALTH_URL: url };
  return run(process.execPath, words, { cwd: app, env }).then(
    () => true,
    () => false,
  );
}

export interface Started extends AsyncDisposable {
  readonly output: () => string;
}

/** Starts Node in the folder as the image would; on disposal it is stopped as Docker does. */
export function startInside(
  app: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Started {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment };
  const child: ChildProcess = spawn(process.execPath, words, { cwd: app, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

export function readReady(file: string): { readonly origin: string } | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { origin: string }) : undefined;
}
