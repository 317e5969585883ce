import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isCoded, type ErrorCode } from '#base/errors.ts';
import { openDataFolder } from '#bin/data-folder.ts';

const OURS = new RegExp(`^${process.pid}( \\d+)?\n$`);

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-folder-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function refused(directory: string, roles: readonly string[], code: ErrorCode, message: RegExp): void {
  throws(
    () => openDataFolder(directory, roles),
    (error) => {
      ok(isCoded(error, code), String(error));
      return message.test(error.message);
    },
  );
}

/** Of a process that has ended and been waited for. */
function deadPid(): number {
  return spawnSync('true').pid;
}

test('it is made, locked for each role, and let go', (t) => {
  const directory = join(folderFor(t), 'a', 'b');
  const opened = openDataFolder(directory, ['collector', 'alerting']);
  equal(opened.path, directory);
  for (const role of ['collector', 'alerting'])
    match(readFileSync(join(directory, `${role}.lock`), 'utf8'), OURS);
  opened[Symbol.dispose]();
  equal(existsSync(join(directory, 'collector.lock')), false);
  opened[Symbol.dispose]();
});

test('the lock of a live process is respected and left alone', (t) => {
  const directory = folderFor(t);
  // Our parent lives at least as long as this test.
  writeFileSync(join(directory, 'alerting.lock'), `${process.ppid}\n`);
  const message = new RegExp(`is used by process ${process.ppid}; .*--data`);
  refused(directory, ['collector', 'alerting'], 'PLIM_DATA_LOCKED', message);
  equal(readFileSync(join(directory, 'alerting.lock'), 'utf8'), `${process.ppid}\n`);
  equal(existsSync(join(directory, 'collector.lock')), false, 'what it had taken is let go');
  openDataFolder(directory, ['collector'])[Symbol.dispose]();
});

test('a lock of the dead, and one that says nothing, are taken over', (t) => {
  const directory = folderFor(t);
  for (const content of [`${deadPid()}\n`, '', 'garbage', '-1\n', '0\n']) {
    writeFileSync(join(directory, 'collector.lock'), content);
    const opened = openDataFolder(directory, ['collector']);
    match(readFileSync(join(directory, 'collector.lock'), 'utf8'), OURS, content);
    opened[Symbol.dispose]();
    deepEqual(readdirSync(directory), [], 'nothing is left of it');
  }
});

test('a number that another process has got since is no owner', (t) => {
  if (!existsSync('/proc/self/stat')) {
    t.skip('this system does not tell when a process started');
    return;
  }
  const directory = folderFor(t);
  const lock = join(directory, 'collector.lock');
  writeFileSync(lock, `${process.ppid} 1\n`);
  openDataFolder(directory, ['collector'])[Symbol.dispose]();
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  writeFileSync(lock, `${process.ppid} ${started}\n`);
  refused(directory, ['collector'], 'PLIM_DATA_LOCKED', /is used by process \d+; /);
});

test('two roles share a folder', (t) => {
  const directory = folderFor(t);
  using _collector = openDataFolder(directory, ['collector']);
  using alerting = openDataFolder(directory, ['alerting']);
  deepEqual(alerting.path, directory);
});

test('a file where a folder should be', (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  for (const directory of [file, join(file, 'below')])
    refused(directory, ['collector'], 'PLIM_DATA_UNUSABLE', /it is not a folder; choose another with --data/);
  equal(readFileSync(file, 'utf8'), 'mine');
});

test('a folder this user may not write to', (t) => {
  if (process.getuid?.() === 0) {
    t.skip('root may write anywhere');
    return;
  }
  const closed = join(folderFor(t), 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  refused(closed, ['collector'], 'PLIM_DATA_UNUSABLE', /this user may not write there/);
});
