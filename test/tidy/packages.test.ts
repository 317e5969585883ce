/** The lockfile and what package.json asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, isTest, packageOf, readText, sourceFiles, targetOf } from '#test/tidy/source.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const REGISTRY = ['https://registry', 'npmjs', 'org/'].join('.');

/** Its script only prints a notice and nothing here needs it; scripts are off anyway (`.npmrc`). */
const INSTALL_SCRIPTS_ALLOWED = ['node_modules/protobufjs'];

/** Used as programs, or for their types, never imported. */
const TOOLS: Readonly<Record<string, string>> = {
  typescript: 'npm run check',
  oxlint: 'npm run check',
  'oxlint-tsgolint': 'oxlint --type-aware',
  oxfmt: 'npm run check',
  '@types/node': 'types of node:',
  '@types/express': 'types of express',
  'axe-core': 'given to the browser by its tests',
  '@types/react': 'types of react',
  '@types/react-dom': 'types of react-dom',
};

/** What a browser gets is put together by the build, what Grafana reads is checked in; nothing of it is needed to run. */
function isBuilt(path: string): boolean {
  return path.startsWith('dashboards/');
}

function lockProblems(packages: Readonly<Record<string, LockEntry>>): string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    // The root and its workspaces are ours; a link leads to one of them.
    if (!path.includes('node_modules/') || entry.link === true) return [];
    const problems: string[] = [];
    if (entry.integrity?.startsWith('sha512-') !== true) problems.push(`${path}: no sha512 integrity`);
    // Left out, it comes from the reader's own registry; the checksum holds either way.
    if (entry.resolved?.startsWith(REGISTRY) === false) problems.push(`${path}: from ${entry.resolved}`);
    if (
      entry.hasInstallScript === true &&
      !INSTALL_SCRIPTS_ALLOWED.includes(path.replace(/^.*\/(?=node_modules\/)/, ''))
    )
      problems.push(`${path}: has an install script`);
    return problems;
  });
}

function manifest(): Manifest {
  return JSON.parse(readText('package.json')) as Manifest;
}

test('every locked package has an integrity, a public origin and no install script', () => {
  const lock = JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockEntry> };
  assert.ok(Object.keys(lock.packages).length > 50);
  assert.deepEqual(lockProblems(lock.packages), []);
});

test('a planted git dependency, install script or missing checksum is caught', () => {
  const good = { resolved: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: 'sha512-x' };
  assert.deepEqual(lockProblems({ '': {}, 'node_modules/a': good }), []);
  assert.equal(lockProblems({ 'node_modules/a': { ...good, hasInstallScript: true } }).length, 1);
  assert.equal(
    lockProblems({ 'node_modules/a': { ...good, resolved: 'git+ssh://git@host/a.git' } }).length,
    1,
  );
  assert.equal(
    lockProblems({ 'node_modules/a': { resolved: good.resolved, integrity: 'sha1-x' } }).length,
    1,
  );
});

test('versions are pinned exactly', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest();
  const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
  assert.deepEqual(loose, []);
});

/** Packages imported by files for which `where` holds, with one file each. */
function imported(where: (path: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, code } of sourceFiles().filter((file) => where(file.path))) {
    for (const { specifier } of importsOf(code)) {
      const isPackage = targetOf(specifier, path) === undefined && !specifier.startsWith('node:');
      if (isPackage) found.set(packageOf(specifier), path);
    }
  }
  return found;
}

test('every dependency is used, and everything used is a dependency', () => {
  const { dependencies, devDependencies } = manifest();
  const byProgram = imported((path) => !isTest(path) && !isBuilt(path) && !path.startsWith('sdk/'));
  const byTests = imported((path) => (isTest(path) || isBuilt(path)) && !path.startsWith('sdk/'));
  const unused = Object.keys(dependencies).filter((name) => !byProgram.has(name));
  const unusedDev = Object.keys(devDependencies).filter(
    (name) => !byTests.has(name) && TOOLS[name] === undefined,
  );
  assert.deepEqual({ unused, unusedDev }, { unused: [], unusedDev: [] });
  const undeclared = [...byProgram].filter(([name]) => dependencies[name] === undefined);
  const known = { ...dependencies, ...devDependencies };
  const undeclaredInTests = [...byTests].filter(([name]) => known[name] === undefined);
  assert.deepEqual([...undeclared, ...undeclaredInTests], []);
});

/** A service may use the SDK without it; see `sdk/package.json`. */
interface SdkManifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

test('the SDK lists what it imports, in the versions of the whole', () => {
  const sdk = JSON.parse(readText('sdk/package.json')) as SdkManifest;
  const listed = { ...sdk.dependencies, ...sdk.peerDependencies };
  const byProgram = imported((path) => !isTest(path) && path.startsWith('sdk/'));
  assert.deepEqual(Object.keys(listed).toSorted(), [...byProgram.keys()].toSorted());
  const { dependencies, devDependencies } = manifest();
  const differing = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([name, version]) => listed[name] !== undefined && listed[name] !== version,
  );
  assert.deepEqual(differing, []);
});
