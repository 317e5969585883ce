/** Who may import whom: the import table of ARCHITECTURE.md, and the pure core. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOnly } from '#test/tidy/code-only.ts';
import {
  importsOf,
  importTable,
  parseImportTable,
  readText,
  roomOf,
  sourceFiles,
  targetOf,
  type ImportTable,
} from '#test/tidy/source.ts';

/** Packages that touch neither clock, disk, net nor process: core may use them. */
const PURE_PACKAGES = ['re2js', 'yaml'];

interface Source {
  readonly path: string;
  readonly code: string;
}

/** Every import that `table` does not allow, and every one that is not `#room/…`. */
function forbiddenImports(files: readonly Source[], table: ImportTable): string[] {
  const found: string[] = [];
  for (const { path, code } of files) {
    const room = roomOf(path);
    for (const { specifier } of importsOf(code)) {
      const target = targetOf(specifier, path);
      if (target === undefined) continue;
      const other = roomOf(target);
      if (specifier.startsWith('.')) found.push(`${path}: ${specifier} should be #${target}`);
      else if (!table.has(room)) found.push(`${path}: the room ${room} is not in the import table`);
      else if (!mayImport(path, other, table)) found.push(`${path}: ${room} may not import ${specifier}`);
    }
  }
  return found;
}

/** Unit tests stand in the room of their subject and may use `test/support` on top of what it may. */
function mayImport(path: string, other: string, table: ImportTable): boolean {
  const room = roomOf(path);
  if (other === room || table.get(room)?.includes(other) === true) return true;
  return other === 'test' && path.endsWith('.test.ts');
}

test('every import between rooms is in the import table', () => {
  const table = importTable();
  assert.ok(table.size >= 10, 'the table is found');
  assert.deepEqual(forbiddenImports(sourceFiles(), table), []);
});

/** What the room may is for its generators; what runs in a browser has the public APIs alone. */
test('the console imports no other room, whatever its room may', () => {
  const console = sourceFiles().filter(({ path }) => path.startsWith('dashboards/console/'));
  assert.ok(console.length > 0);
  const found = forbiddenImports(console, new Map([['dashboards', []]]));
  assert.deepEqual(found, []);
});

test('a planted import that the table forbids is caught', () => {
  const table = parseImportTable('## Import table\n\n| `a` | `b` |\n| `b` | – |\n| `c` | – |\n');
  const plant = (line: string): string[] =>
    forbiddenImports([{ path: 'a/core/x.ts', code: codeOnly(line) }], table);
  assert.deepEqual(plant(`import { x } from '#b/x.ts';`), []);
  assert.deepEqual(plant(`// import { x } from '#c/x.ts';`), []);
  assert.equal(plant(`import { x } from '#c/x.ts';`).length, 1);
  assert.equal(plant(`import type {\n  X,\n  Y,\n} from '#c/x.ts';`).length, 1);
  assert.equal(plant(`import '#c/x.ts';`).length, 1);
  assert.equal(plant(`export * from '#c/x.ts';`).length, 1);
  assert.equal(plant(`const y = await import('#c/x.ts');`).length, 1);
  assert.equal(plant(`import { x } from './y.ts';`).length, 1);
  const test = { path: 'a/x.test.ts', code: `import '#test/support/y.ts';` };
  assert.deepEqual(forbiddenImports([test], table), [], 'a unit test may use test/support');
  assert.equal(forbiddenImports([{ ...test, path: 'a/x.ts' }], table).length, 1, 'nothing else may');
});

/** What `path` pulls in at run time that is not pure, as a chain of files; undefined if nothing. */
function impurity(
  path: string,
  files: ReadonlyMap<string, string>,
  seen = new Set<string>(),
): string | undefined {
  const code = files.get(path);
  if (code === undefined || seen.has(path)) return undefined;
  seen.add(path);
  for (const { specifier, typeOnly } of importsOf(code)) {
    if (typeOnly) continue;
    const target = targetOf(specifier, path);
    if (target === undefined) {
      if (!PURE_PACKAGES.includes(specifier)) return `${path} → ${specifier}`;
      continue;
    }
    const deeper = impurity(target, files, seen);
    if (deeper !== undefined) return `${path} → ${deeper}`;
  }
  return undefined;
}

function isCore(path: string): boolean {
  return (path.includes('/core/') || path.startsWith('promql/')) && !path.endsWith('.test.ts');
}

test('no core file reaches a node: module or an impure package', () => {
  const files = new Map(sourceFiles().map(({ path, code }) => [path, code]));
  const core = [...files.keys()].filter(isCore);
  assert.ok(core.length > 0);
  assert.deepEqual(
    core.map((path) => impurity(path, files)).filter((chain) => chain !== undefined),
    [],
  );
});

test('a core file that reaches node: through another file is caught', () => {
  const files = new Map([
    ['a/core/x.ts', `import { y } from '#a/y.ts';`],
    ['a/core/z.ts', `import type { y } from '#a/y.ts';`],
    ['a/y.ts', `import { readFileSync } from 'node:fs';`],
  ]);
  assert.equal(impurity('a/core/x.ts', files), 'a/core/x.ts → a/y.ts → node:fs');
  assert.equal(impurity('a/core/z.ts', files), undefined, 'a type is gone at run time');
});

interface LintConfig {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides: readonly {
    readonly files: readonly string[];
    readonly rules: Readonly<Record<string, unknown>>;
  }[];
}

function lintConfig(): LintConfig {
  return JSON.parse(codeOnly(readText('.oxlintrc.json'))) as LintConfig;
}

test('lint mirrors the import table', () => {
  const table = importTable();
  const { overrides } = lintConfig();
  for (const [room, allowed] of table) {
    const forbidden = [...table.keys()].filter((other) => other !== room && !allowed.includes(other));
    const rule = overrides.find(({ files }) => files.includes(`${room}/**`))?.rules['no-restricted-imports'];
    const group = /"group":\[(.*?)\]/.exec(JSON.stringify(rule) ?? '')?.[1] ?? '';
    const mirrored = [...group.matchAll(/"#([\w-]+)\/\*\*"/g)].map((match) => match[1] ?? '');
    assert.deepEqual(mirrored.toSorted(), forbidden.toSorted(), `override of ${room}/** in .oxlintrc.json`);
  }
});

test('lint holds the shapes', () => {
  const { rules } = lintConfig();
  const limits = { 'max-lines-per-function': 70, 'max-params': 4, 'max-depth': 4, complexity: 12 };
  for (const [rule, limit] of Object.entries(limits)) {
    const [severity, options] = rules[rule] as [string, { max: number }];
    assert.deepEqual([severity, options.max], ['error', limit], rule);
  }
});
