#!/usr/bin/env node
/**
 * The one entry: `npm start`, `npm test`, `npx plimsoll`. Plain JavaScript for
 * any Node from 18 on. It installs what package-lock.json names if that has not
 * been done, finds a Node that runs TypeScript, starts the program under it and
 * stays between the two: signals go down, the exit code comes up, and a pipe
 * (the leash) tells the program when this process is gone.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCKFILE = join(ROOT, 'package-lock.json');
const STAMP = join(ROOT, 'node_modules', '.plimsoll-stamp');
// Outside node_modules, which the installer empties.
const CACHE = join(ROOT, '.cache');
const INSTALL_LOCK = join(CACHE, 'install.lock');

const NODE_MIN = [24, 12];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOCK_POLL_MS = 100;
const PARENT_POLL_MS = 250;
/** Longer than the program's own limit for an orderly stop. */
const STOP_LIMIT_MS = 4000;

const EXIT_FAILED = 1;
const EXIT_NO_NODE = 2;

/** The child that gets the signals, and the signal that came. */
const state = { child: undefined, stoppedBy: undefined };

async function main() {
  const watch = watchParent();
  try {
    return await setUpAndRun();
  } finally {
    clearInterval(watch);
  }
}

async function setUpAndRun() {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      state.stoppedBy ??= signal;
      state.child?.kill(signal);
    });
  }
  const failed = await installOnce();
  if (state.stoppedBy !== undefined) return 128 + constants.signals[state.stoppedBy];
  if (failed !== 0) return failed;
  const node = suitableNode();
  if (node === undefined) {
    say(
      `Plimsoll needs Node ${NODE_MIN.join('.')} or newer, this is ${process.version}: install it from nodejs.org.`,
    );
    return EXIT_NO_NODE;
  }
  return runProgram(node, process.argv.slice(2));
}

/** Programs of the project beside `plimsoll` itself. */
const ENTRIES = { test: ['test', 'run.ts'], engines: ['test', 'engines', 'topology.ts'] };

function runProgram(node, args) {
  const own = ENTRIES[args[0] ?? ''];
  const entry = own ?? ['bin', 'plimsoll.ts'];
  const rest = own === undefined ? args : args.slice(1);
  const child = spawn(node, [join(ROOT, ...entry), ...rest], {
    env: {
      ...process.env,
      PLIMSOLL_LEASH: '3',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(CACHE, 'compile'),
    },
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  state.child = child;
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${node} could not be started: ${error.message}`);
      resolve(EXIT_FAILED);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * npm cannot pass SIGKILL on, so its death is noticed by the change of parent.
 * Only under npm: whoever starts this file directly may leave it running.
 */
function watchParent() {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    state.stoppedBy ??= 'SIGTERM';
    state.child?.kill('SIGTERM');
    setTimeout(() => state.child?.kill('SIGKILL'), STOP_LIMIT_MS).unref();
  }, PARENT_POLL_MS);
  return watch;
}

/** This Node if it is new enough, else the one npm installed beside our packages. */
function suitableNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const newEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  if (newEnough) return process.execPath;
  const installed = join(ROOT, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(installed) ? installed : undefined;
}

// -- installing ---------------------------------------------------------------

/** 0, or the exit code of an installation that failed. */
async function installOnce() {
  const wanted = createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex');
  if (isInstalled(wanted)) return 0;
  if (!(await takeLock(wanted))) return 0;
  try {
    if (isInstalled(wanted)) return 0;
    say('Plimsoll: installing its packages (npm ci), once …');
    const code = await npmCi();
    if (code === 0) writeStamp(wanted);
    else if (state.stoppedBy === undefined) say(`Plimsoll: npm ci failed (${code}); nothing was started.`);
    return code;
  } finally {
    rmSync(INSTALL_LOCK, { recursive: true, force: true });
  }
}

/** By the stamp; or, after somebody's own `npm ci`, by npm's record of what it installed. */
function isInstalled(wanted) {
  if (readText(STAMP) === wanted) return true;
  if (!installedAsLocked()) return false;
  writeStamp(wanted);
  return true;
}

/** Only a shortcut: where the packages belong to somebody else, the longer look is taken each time. */
function writeStamp(wanted) {
  try {
    writeFileSync(STAMP, wanted);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

function installedAsLocked() {
  const record = readText(join(ROOT, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const locked = JSON.parse(readFileSync(LOCKFILE, 'utf8')).packages;
  const asLocked = ([path, entry]) =>
    installed[path] === undefined ? entry.optional === true : installed[path].integrity === entry.integrity;
  return (
    Object.entries(locked).every((pair) => pair[0] === '' || asLocked(pair)) &&
    Object.keys(installed).every((path) => locked[path] !== undefined)
  );
}

/** Through the npm that started us, else the one on PATH; all its words go to stderr. */
function npmCi() {
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--loglevel=error'];
  const own = process.env.npm_execpath;
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2] };
  const child =
    own !== undefined && /npm-cli\.c?js$/.test(own)
      ? spawn(process.execPath, [own, ...args], options)
      : spawn('npm', args, options);
  state.child = child;
  // Should this process be killed, the lock holds as long as its npm goes on.
  if (child.pid !== undefined) writeFileSync(join(INSTALL_LOCK, 'npm'), nameOf(child.pid) ?? '');
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`Plimsoll: npm could not be started (${error.message}); run npm ci in ${ROOT}.`);
      resolve(EXIT_FAILED);
    });
    child.once('exit', (code, signal) => {
      state.child = undefined;
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** True once the lock is ours; false when another process finished the work, or a signal came. */
async function takeLock(wanted) {
  const mine = `${INSTALL_LOCK}.${process.pid}`;
  rmSync(mine, { recursive: true, force: true });
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, 'launcher'), nameOf(process.pid));
  let told = false;
  try {
    while (state.stoppedBy === undefined && !isInstalled(wanted)) {
      if (renamed(mine, INSTALL_LOCK)) return true;
      if (!isHeld(INSTALL_LOCK)) breakLock();
      else {
        if (!told) say('Plimsoll: another start is installing the packages; waiting for it …');
        told = true;
        await sleep(LOCK_POLL_MS);
      }
    }
    return false;
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
}

/** Moves a lock of the dead out of the way; puts it back if it has changed hands meanwhile. */
function breakLock() {
  const grave = `${INSTALL_LOCK}.broken.${process.pid}`;
  if (!renamed(INSTALL_LOCK, grave)) return;
  if (isHeld(grave) && renamed(grave, INSTALL_LOCK)) return;
  rmSync(grave, { recursive: true, force: true });
}

function isHeld(lock) {
  return ['launcher', 'npm'].some((name) => {
    const holder = readText(join(lock, name));
    return holder !== undefined && nameOf(holder.split(' ')[0]) === holder;
  });
}

/** Pid and start time: a number used again by another process is not the same name. */
function nameOf(pid) {
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code !== 'EPERM') return undefined;
  }
  const stat = readText(`/proc/${pid}/stat`);
  return `${pid} ${stat?.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '-'}`;
}

/** A folder with something in it cannot be replaced by a rename: that makes it a lock. */
function renamed(source, target) {
  try {
    renameSync(source, target);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) return false;
    throw error;
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

main().then(
  (code) => process.exit(code),
  (error) => {
    say(`Plimsoll: the set-up failed: ${error.message}`);
    process.exit(EXIT_FAILED);
  },
);
