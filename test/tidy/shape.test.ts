/** Sizes, pages and dead files. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { codeOnly } from '#test/tidy/code-only.ts';
import {
  importsOf,
  importTable,
  isTest,
  reachedFrom,
  ROOT,
  sourceFiles,
  targetOf,
} from '#test/tidy/source.ts';

const FILE_LINES_MAX = 400;

test(`no file but tests is longer than ${FILE_LINES_MAX} lines`, () => {
  const long = sourceFiles()
    .filter(({ path }) => !isTest(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  assert.deepEqual(long, []);
});

test('every room has its page', () => {
  const missing = [...importTable().keys()].filter((room) => !existsSync(join(ROOT, room, 'README.md')));
  assert.deepEqual(missing, []);
});

test('every folder of code is a room of the import table', () => {
  const rooms = importTable();
  const strange = sourceFiles().filter(({ path }) => !rooms.has(path.split('/')[0] ?? ''));
  assert.deepEqual(
    strange.map(({ path }) => path),
    [],
  );
});

/** Where running starts. Unit tests beside the code are not among them: they keep nothing alive. */
const ENTRIES: readonly RegExp[] = [
  /^bin\/(?:launch\.js|plimsoll\.ts)$/,
  // What the published package exports, and each service.
  /^sdk\/(?:index|register)\.ts$/,
  /^sample-services\/[\w-]+\/main\.ts$/,
  // Named by the console's page, which is no source file; and what developers start.
  /^dashboards\/console\/(?:web\/main\.tsx|dev\.ts|public\/.*)$/,
  /^test\/.*\.test\.ts$/,
  // Named by playwright's configuration; and what takes the pictures of the documents.
  /^test\/browser\/(?:playwright\.config|global-setup|reporter|pictures)\.ts$/,
  /^(?:test\/run|test\/docs|bench\/run|dashboards\/grafana\/generate)\.ts$/,
  // The demo on real engines, by way of the launcher.
  /^test\/engines\/topology\.ts$/,
];

function isEntry(path: string): boolean {
  return ENTRIES.some((entry) => entry.test(path));
}

const LITERAL = /['"]([\w./#-]+\.ts)['"]/g;
const JOINED = /\bjoin\(\s*import\.meta\.dirname((?:,\s*'[^'\n]+')+)/g;

/** Files that are started or loaded by their name: threads, children, fixtures. */
function namedFiles(path: string, code: string): string[] {
  const folder = dirname(path);
  const literal = [...code.matchAll(LITERAL)].map((match) => match[1] ?? '');
  const joined = [...code.matchAll(JOINED)].map((match) =>
    posix.join(folder, ...[...(match[1] ?? '').matchAll(/'([^']+)'/g)].map((part) => part[1] ?? '')),
  );
  return [...joined, ...literal.flatMap((name) => [targetOf(name, path) ?? name, posix.join(folder, name)])];
}

function deadFiles(files: ReadonlyMap<string, string>): string[] {
  const follow = (path: string): string[] => {
    const code = files.get(path) ?? '';
    const imported = importsOf(code).map(({ specifier }) => targetOf(specifier, path));
    return [...imported, ...namedFiles(path, code)].filter(
      (target) => target !== undefined && files.has(target),
    ) as string[];
  };
  const paths = [...files.keys()];
  const alive = reachedFrom(paths.filter(isEntry), follow);
  const known = reachedFrom(
    paths.filter((path) => path.endsWith('.test.ts')),
    follow,
  );
  return paths.filter((path) => {
    if (path.endsWith('.test.ts') || alive.has(path)) return false;
    return !(isSupport(path) && known.has(path));
  });
}

/** There for tests only: any test keeps it alive. */
function isSupport(path: string): boolean {
  return path.startsWith('test/') || path.startsWith('base/sim/');
}

test('every file is reached from an entry point', () => {
  assert.deepEqual(deadFiles(new Map(sourceFiles().map(({ path, code }) => [path, code]))), []);
});

test('a file that only its own unit test knows is dead', () => {
  const files = new Map([
    [
      'bin/plimsoll.ts',
      codeOnly(`import { a } from '#a/a.ts'; new Worker(new URL('./threads/t.ts', import.meta.url));`),
    ],
    ['bin/threads/t.ts', ''],
    ['a/a.ts', `export type { B } from '#a/b.ts'; fork(join(import.meta.dirname, '..', 'c', 'd.ts'));`],
    ['c/d.ts', ''],
    ['a/b.ts', ''],
    ['a/dead.ts', ''],
    ['a/dead.test.ts', `import { dead } from '#a/dead.ts';`],
  ]);
  assert.deepEqual(deadFiles(files), ['a/dead.ts']);
});
