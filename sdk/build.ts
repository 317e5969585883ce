/**
 * Builds the package to publish: `node sdk/build.ts [FOLDER]`. The types are
 * stripped and nothing else is changed, so that lines and columns of a stack
 * trace are those of the source; the compiler adds the declarations. The
 * package's own imports keep their names: its package.json maps them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const SOURCE = import.meta.dirname;
const ROOT = join(SOURCE, '..');
/** Ignored by git, and by every check of the tree. */
const OUT_DEFAULT = join(SOURCE, '.build');
const NOT_PUBLISHED = ['build.ts', '**/*.test.ts', '.build/**', 'node_modules/**'];
const AS_THEY_ARE = ['**/*.js', 'README.md'];
/** Of the compiler's own settings those that concern declarations; the rest is the project's. */
const DECLARATION_FLAGS = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--noCheck'];

interface Manifest {
  readonly imports: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

function build(out: string): void {
  rmSync(out, { recursive: true, force: true });
  const sources = globSync('**/*.ts', { cwd: SOURCE, exclude: NOT_PUBLISHED });
  for (const path of sources) {
    const code = stripTypeScriptTypes(readFileSync(join(SOURCE, path), 'utf8'), { mode: 'strip' });
    write(join(out, path.replace(/\.ts$/, '.js')), code);
  }
  for (const path of globSync(AS_THEY_ARE, { cwd: SOURCE, exclude: NOT_PUBLISHED })) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    copyFileSync(join(SOURCE, path), join(out, path));
  }
  copyFileSync(join(ROOT, 'LICENSE'), join(out, 'LICENSE'));
  declare(sources, out);
  const manifest = JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8')) as Manifest;
  write(join(out, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
}

function declare(sources: readonly string[], out: string): void {
  // A configuration of its own in the folder of the sources, or `#sdk/…` could not be found.
  const config = join(SOURCE, '.build.tsconfig.json');
  write(
    config,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { outDir: out, rootDir: SOURCE },
      include: [],
      files: sources,
    }),
  );
  try {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [compiler, '--project', config, ...DECLARATION_FLAGS], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } finally {
    rmSync(config);
  }
}

function published({ scripts: _scripts, ...manifest }: Manifest): Manifest {
  const exported = Object.entries(manifest.exports).map(([name, path]) => [name, targets(path)]);
  return {
    ...manifest,
    imports: { '#sdk/*.ts': targets('./*.ts') },
    exports: Object.fromEntries(exported) as Record<string, string>,
  } as unknown as Manifest;
}

function targets(path: string): { readonly types: string; readonly default: string } {
  return { types: path.replace(/\.ts$/, '.d.ts'), default: path.replace(/\.ts$/, '.js') };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

build(resolve(process.argv[2] ?? OUT_DEFAULT));
