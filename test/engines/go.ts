/**
 * Builds Go programs from published modules. `go install` refuses a module whose
 * go.mod replaces or excludes others; a module of our own that says the same does not.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CannotPrepare, findOnPath, runTool } from '#test/engines/tool.ts';

const BUILD_MS_MAX = 3_600_000;
const DOWNLOAD_MS_MAX = 600_000;

export interface GoModule {
  readonly module: string;
  readonly version: string;
  /** Below the module; each becomes a program named after its last part. */
  readonly packages: readonly string[];
  readonly tags?: readonly string[];
  /** Values of string variables, by their full names. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Files that the module embeds and does not have, because upstream makes them: a user interface. */
  readonly placeholders?: Readonly<Record<string, string>>;
}

/** What `go mod edit -json` tells of a go.mod, as far as we pass it on. */
interface GoMod {
  readonly Go: string;
  readonly Require?: readonly ModuleVersion[] | null;
  readonly Exclude?: readonly ModuleVersion[] | null;
  readonly Replace?: readonly { readonly Old: ModuleVersion; readonly New: ModuleVersion }[] | null;
}

interface ModuleVersion {
  readonly Path: string;
  readonly Version?: string;
}

/** @throws CannotPrepare when there is no Go, or it cannot fetch or build */
export async function buildModule(plan: GoModule, folder: string): Promise<void> {
  await inWorkFolder(async (work) => {
    const { GoMod: file, Dir: source } = await downloadModule(plan, work);
    const upstream = JSON.parse(await go(['mod', 'edit', '-json', file], work)) as GoMod;
    const copy = plan.placeholders === undefined ? undefined : copyWith(plan.placeholders, source, work);
    writeFileSync(join(work, 'go.mod'), wrapperOf(upstream, plan, copy));
    const sums = join(source, 'go.sum');
    if (existsSync(sums)) {
      copyFileSync(sums, join(work, 'go.sum'));
      // Modules are kept read-only.
      chmodSync(join(work, 'go.sum'), 0o644);
    }
    await buildPackages(plan, work, folder);
  });
}

/** Runs `go run PROGRAM ARGUMENTS` in `work`, then builds the module it left there into `file`. */
export async function buildGenerated(
  work: string,
  { program, args, file }: { program: string; args: readonly string[]; file: string },
): Promise<void> {
  await go(['run', program, ...args], work, BUILD_MS_MAX);
  await go(['build', '-ldflags=-s -w', '-o', file, '.'], join(work, 'out'), BUILD_MS_MAX);
}

export async function inWorkFolder(use: (work: string) => Promise<void>): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'plimsoll-go-'));
  try {
    await use(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function downloadModule(
  { module, version }: GoModule,
  work: string,
): Promise<{ GoMod: string; Dir: string }> {
  const answer = await go(['mod', 'download', '-json', `${module}@${version}`], work);
  return JSON.parse(answer) as { GoMod: string; Dir: string };
}

/** Of the module's source, which is kept read-only; the folder. */
function copyWith(placeholders: Readonly<Record<string, string>>, source: string, work: string): string {
  const copy = join(work, 'source');
  cpSync(source, copy, { recursive: true });
  for (const [file, text] of Object.entries(placeholders)) {
    const path = join(copy, file);
    makeWritable(copy, dirname(path));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return copy;
}

/** Every folder from `path` up to `top` that is there. */
function makeWritable(top: string, path: string): void {
  if (existsSync(path)) chmodSync(path, 0o755);
  if (path !== top) makeWritable(top, dirname(path));
}

async function buildPackages(plan: GoModule, work: string, folder: string): Promise<void> {
  const { module, packages, tags = [], variables = {} } = plan;
  const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  const flags = [`-tags=${tags.join(',')}`, `-ldflags=${['-s', '-w', ...set].join(' ')}`];
  const paths = packages.map((path) => `${module}/${path}`);
  await go(['build', ...flags, '-o', `${folder}/`, ...paths], work, BUILD_MS_MAX);
}

/** @param copy folder that stands for the module itself */
function wrapperOf(upstream: GoMod, { module, version }: GoModule, copy: string | undefined): string {
  const text = ({ Path, Version = '' }: ModuleVersion): string => `${Path} ${Version}`.trimEnd();
  return [
    'module plimsoll/engine',
    `go ${upstream.Go}`,
    `require ${module} ${version}`,
    ...(upstream.Require ?? []).map((required) => `require ${text(required)}`),
    ...(upstream.Exclude ?? []).map((excluded) => `exclude ${text(excluded)}`),
    ...(upstream.Replace ?? []).map((replaced) => `replace ${text(replaced.Old)} => ${text(replaced.New)}`),
    ...(copy === undefined ? [] : [`replace ${module} => ${copy}`]),
    '',
  ].join('\n');
}

/** Behind everything else that runs: nobody waits for it. */
async function go(args: readonly string[], cwd: string, timeoutMs = DOWNLOAD_MS_MAX): Promise<string> {
  const program = findOnPath('go');
  if (program === undefined) throw new CannotPrepare('no go on the PATH');
  return runTool(['nice', '-n', '19', program, ...args], {
    cwd,
    environment: { CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOWORK: 'off' },
    timeoutMs,
  });
}
