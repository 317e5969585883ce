/** Several programs reach for one data folder at the same moment. */
import { deepEqual } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';

const STARTS = 6;
const ROUNDS = 3;
const ROOT = join(import.meta.dirname, '..', '..');
/** Says what became of it, and lives until it is told to end: a lock holds as long as its owner. */
const SCRIPT = `
  const { openDataFolder } = await import('#bin/data-folder.ts');
  process.stdin.once('data', () => {
    try {
      openDataFolder(process.argv[1], ['collector']);
      console.log('mine');
    } catch (error) {
      console.log(error.code);
    }
    process.stdin.once('end', () => process.exit());
    console.error('done');
  });
  console.error('ready');`;

test('of many starts at once exactly one gets it, over a lock of the dead too', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-race-'));
    try {
      if (round > 0) writeFileSync(join(folder, 'collector.lock'), `${spawnSync('true').pid}\n`);
      const starts = Array.from({ length: STARTS }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, folder], { cwd: ROOT, stdio: 'pipe' }),
      );
      const spoken = Promise.all(starts.map(({ stdout }) => text(stdout)));
      await Promise.all(starts.map(({ stderr }) => once(stderr, 'data')));
      const done = Promise.all(starts.map(({ stderr }) => once(stderr, 'data')));
      for (const { stdin } of starts) stdin.write('go\n');
      await done;
      for (const { stdin } of starts) stdin.end();
      const said = (await spoken).map((line) => line.trim()).toSorted();
      const locked = Array.from({ length: STARTS - 1 }, () => 'PLIM_DATA_LOCKED');
      deepEqual(said, [...locked, 'mine']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
