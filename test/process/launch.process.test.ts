/** `bin/launch.js` on a small tree of its own: the real launcher and leash around a stand-in program. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { isAlive } from '#test/support/processes.ts';

const NO_OLD_NODE = 'this machine has no Node older than 24.12 to try';
const REPOSITORY = join(import.meta.dirname, '..', '..');

/** Says who it is, then waits; `exit N` ends with N at once. */
const PROGRAM = `
import { takeLeash } from '../bin/leash.ts';
const [verb, value] = process.argv.slice(2);
if (verb !== 'deaf') takeLeash();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => { console.log(name); setTimeout(() => process.exit(0), 50); });
console.log(JSON.stringify({ pid: process.pid, ppid: process.ppid, args: process.argv.slice(2), entry: import.meta.filename }));
if (verb === 'exit') process.exit(Number(value));
setInterval(() => {}, 1000);
`;

/** Stands in for npm: counts its runs, takes a moment, fails when told to. */
const INSTALLER = `
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
appendFileSync('runs', process.argv.slice(2).join(' ') + '\\n');
setTimeout(() => {
  if (existsSync('broken')) process.exit(7);
  mkdirSync('node_modules', { recursive: true });
}, existsSync('slow') ? 60000 : 400);
`;

let root = '';
let started: number[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plimsoll-launch-'));
  started = [];
  for (const folder of ['bin', 'test', 'fake', 'deep/er']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['launch.js', 'leash.ts'])
    cpSync(join(REPOSITORY, 'bin', file), join(root, 'bin', file));
  writeFileSync(join(root, 'bin', 'plimsoll.ts'), PROGRAM);
  writeFileSync(join(root, 'test', 'run.ts'), PROGRAM);
  writeFileSync(join(root, 'fake', 'npm-cli.js'), INSTALLER);
  const manifest = {
    name: 'fixture',
    type: 'module',
    scripts: { start: 'exec node bin/launch.js start' },
  };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {} } }));
});

afterEach(() => {
  for (const pid of started) {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  rmSync(root, { recursive: true });
});

interface Said {
  readonly pid: number;
  readonly ppid: number;
  readonly args: readonly string[];
  readonly entry: string;
}

interface Launched {
  readonly child: ChildProcess;
  readonly said: Promise<Said>;
  readonly lines: string[];
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

interface LaunchOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

function launch(args: readonly string[], options: LaunchOptions = {}): Launched {
  const [program = '', ...before] = options.command ?? [process.execPath, join(root, 'bin', 'launch.js')];
  const env: NodeJS.ProcessEnv = { ...process.env, npm_execpath: join(root, 'fake', 'npm-cli.js') };
  for (const name of ['npm_lifecycle_event', 'PLIMSOLL_LEASH']) delete env[name];
  const child = spawn(program, [...before, ...args], {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(present(child.pid, 'the launcher was started'));
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const lines: string[] = [];
  const said = Promise.withResolvers<Said>();
  createInterface({ input: present(child.stdout, 'stdout is a pipe') }).on('line', (line) => {
    lines.push(line);
    if (!line.startsWith('{')) return;
    const words = JSON.parse(line) as Said;
    started.push(words.pid);
    said.resolve(words);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => said.reject(new Error(`ended before it spoke: ${errors}`)));
  said.promise.catch(() => {});
  return { child, said: said.promise, lines, ended, errors: () => errors };
}

/** Ready as if `npm ci` had just run: npm's own record agrees with the lockfile. */
function install(): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: {} }));
}

/** As npm brings it along: beside the packages, for machines whose own Node is too old. */
function installNode(): string {
  const folder = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  mkdirSync(folder, { recursive: true });
  symlinkSync(process.execPath, join(folder, 'node'));
  return join(folder, 'node');
}

function installerRuns(): string[] {
  const file = join(root, 'runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

async function allGone(pids: readonly number[], withinMs = 5000): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (pids.some(isAlive) && performance.now() < endMs) await sleep(20);
  return !pids.some(isAlive);
}

test('arguments go down, the exit code comes up, from any folder', async () => {
  install();
  const run = launch(['exit', '3', '--flag'], { cwd: join(root, 'deep', 'er') });
  const said = await run.said;
  assert.deepEqual(said.args, ['exit', '3', '--flag']);
  assert.equal(said.entry, join(root, 'bin', 'plimsoll.ts'));
  assert.equal(await run.ended, 3);
  assert.deepEqual(installerRuns(), [], 'what npm has installed is not installed again');
});

test('test goes to the test runner', async () => {
  install();
  const said = await launch(['test', 'exit', '0']).said;
  assert.equal(said.entry, join(root, 'test', 'run.ts'));
  assert.deepEqual(said.args, ['exit', '0']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} reaches the program, which stops in its own way`, async () => {
    install();
    const run = launch(['up']);
    const { pid } = await run.said;
    run.child.kill(signal);
    assert.equal(await run.ended, 0);
    assert.ok(run.lines.includes(signal), run.lines.join('\n'));
    assert.equal(isAlive(pid), false);
  });
}

test('SIGKILL of the launcher leaves no process', async () => {
  install();
  const run = launch(['up']);
  const { pid } = await run.said;
  run.child.kill('SIGKILL');
  assert.ok(await allGone([pid]), 'the leash ends the program');
});

test('without the leash the program would outlive the launcher', async () => {
  install();
  const run = launch(['deaf']);
  const { pid } = await run.said;
  run.child.kill('SIGKILL');
  assert.equal(await allGone([pid], 500), false, 'the control must survive, or the test above shows nothing');
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} of npm alone leaves no process`, async (t) => {
    const version = spawnSync('npm', ['--version'], { cwd: root });
    if (version.status !== 0) return t.skip('there is no npm on PATH');
    install();
    // npm takes the Node on PATH, which may be an old one.
    installNode();
    const run = launch(['start', '--silent'], { command: ['npm'] });
    const { pid, ppid } = await run.said;
    assert.notEqual(ppid, run.child.pid, 'npm, launcher and program are three processes');
    started.push(ppid);
    run.child.kill(signal);
    assert.ok(await allGone([pid, ppid]), `still there: ${[pid, ppid].filter(isAlive).join(', ')}`);
    return undefined;
  });
}

test('two starts on a fresh tree install once, and both run', async () => {
  const runs = [launch(['exit', '0']), launch(['exit', '0'])];
  assert.deepEqual(await Promise.all(runs.map((run) => run.ended)), [0, 0]);
  assert.deepEqual(installerRuns(), [
    'ci --ignore-scripts --include=dev --include=optional --loglevel=error',
  ]);
});

test('a changed lockfile installs again, an unchanged one does not', async () => {
  for (let round = 0; round < 2; round += 1) assert.equal(await launch(['exit', '0']).ended, 0);
  assert.equal(installerRuns().length, 1);
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { '': {}, more: { integrity: 'x' } } }),
  );
  assert.equal(await launch(['exit', '0']).ended, 0);
  assert.equal(installerRuns().length, 2);
});

test('the lock of a dead installer is broken, even if its pid lives again', async () => {
  const lock = join(root, '.cache', 'install.lock');
  mkdirSync(lock, { recursive: true });
  writeFileSync(join(lock, 'launcher'), `${process.pid} 1`);
  assert.equal(await launch(['exit', '0']).ended, 0);
  assert.equal(existsSync(lock), false);
});

test('the lock of a living installer is waited for', async () => {
  writeFileSync(join(root, 'slow'), '');
  const first = launch(['exit', '0']);
  while (installerRuns().length === 0) await sleep(20);
  const second = launch(['exit', '0']);
  while (!second.errors().includes('waiting')) await sleep(20);
  first.child.kill('SIGINT');
  assert.equal(await first.ended, 130);
  rmSync(join(root, 'slow'));
  while (installerRuns().length === 1) await sleep(20);
  second.child.kill('SIGTERM');
  assert.equal(await second.ended, 143);
  assert.equal(existsSync(join(root, '.cache', 'install.lock')), false);
  assert.equal(await launch(['exit', '0']).ended, 0);
});

test('an installation that fails is said, and nothing is started', async () => {
  writeFileSync(join(root, 'broken'), '');
  const run = launch(['up']);
  assert.equal(await run.ended, 7);
  assert.match(run.errors(), /npm ci failed \(7\)/);
  assert.deepEqual(run.lines, []);
});

test('an old Node starts the program under the newer one beside it', async (t) => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(isOldNode);
  if (old === undefined) return t.skip(NO_OLD_NODE);
  install();
  installNode();
  const run = launch(['exit', '4'], { command: [old, join(root, 'bin', 'launch.js')] });
  assert.equal(await run.ended, 4, run.errors());
  return undefined;
});

test('an old Node without a newer one beside it says so in one sentence', async (t) => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(isOldNode);
  if (old === undefined) return t.skip(NO_OLD_NODE);
  install();
  const run = launch(['up'], { command: [old, join(root, 'bin', 'launch.js')] });
  assert.equal(await run.ended, 2);
  assert.match(run.errors(), /^Plimsoll needs Node 24\.12 or newer, this is v\S+: .*\n$/);
  return undefined;
});

function isOldNode(path: string): boolean {
  const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout;
  const [major = 0, minor = 0] = (version ?? '').replace('v', '').split('.').map(Number);
  return version !== null && major >= 18 && (major < 24 || (major === 24 && minor < 12));
}
