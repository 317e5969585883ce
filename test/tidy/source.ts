/** The tree as the tidy tests see it: files, imports, the import table. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { codeOnly } from '#test/tidy/code-only.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and the inside of template literals. */
  readonly code: string;
}

/** Folders that no commit holds. */
const FOREIGN = new Set(['node_modules', '.git', '.build', '.cache', '.data']);

/** Paths of all files of the tree with one of the given endings, sorted. */
export function pathsWith(...endings: readonly string[]): string[] {
  return globSync(['*', '**/*', '.*', '.*/**'], {
    cwd: ROOT,
    exclude: (path) => FOREIGN.has(posix.basename(path)),
  })
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .filter((path, index, all) => all.indexOf(path) === index)
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

let files: readonly SourceFile[] | undefined;

/** All TypeScript and JavaScript of the tree, read once. */
export function sourceFiles(): readonly SourceFile[] {
  files ??= pathsWith('.ts', '.tsx', '.js').map((path) => {
    const text = readText(path);
    return { path, text, code: codeOnly(text) };
  });
  return files;
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/') || path.startsWith('bench/');
}

export function roomOf(path: string): string {
  return path.split('/')[0] ?? path;
}

// -- imports ------------------------------------------------------------------

export interface Import {
  readonly specifier: string;
  /** Gone at run time. */
  readonly typeOnly: boolean;
}

const STATIC = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\s+from\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** What `code` (of {@link codeOnly}) imports, statically, dynamically or by `typeof import`. */
export function importsOf(code: string): Import[] {
  const found: Import[] = [];
  for (const match of code.matchAll(STATIC)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(DYNAMIC)) found.push({ specifier: match[1] ?? '', typeOnly: false });
  return found;
}

/** Path from the root of `#room/file.ts` or `./file.ts`; undefined for packages and `node:`. */
export function targetOf(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(dirname(importer), specifier) : undefined;
}

/** The package of a bare specifier: `yaml` of `yaml/x`, `@a/b` of `@a/b/c`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

// -- the import table ---------------------------------------------------------

export type ImportTable = ReadonlyMap<string, readonly string[]>;

/** Rows of the form: | `room` | `a`, `b` | */
export function parseImportTable(markdown: string): ImportTable {
  const section = markdown.split(/^## /m).find((part) => part.startsWith('Import table')) ?? '';
  const table = new Map<string, string[]>();
  for (const match of section.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)) {
    table.set(
      match[1] ?? '',
      [...(match[2] ?? '').matchAll(/`([\w-]+)`/g)].map((name) => name[1] ?? ''),
    );
  }
  return table;
}

export function importTable(): ImportTable {
  return parseImportTable(readText('ARCHITECTURE.md'));
}

// -- reach --------------------------------------------------------------------

/** Paths reached from `starts` through imports; `follow` says which imports count. */
export function reachedFrom(
  starts: readonly string[],
  follow: (path: string) => readonly string[],
): Set<string> {
  const reached = new Set<string>(starts);
  const waiting = [...starts];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const target of follow(path)) {
      if (reached.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return reached;
}
